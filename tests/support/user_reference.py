"""Retention in plain Python, event by event, from the definitions of docs/retention.md: what the node's answers are held against.

An event is a dictionary as it was sent, with `at`, its time.
"""

import bisect

from trend_reference import bucket_starts


def is_match(event, wanted):
    return all(event.get(name) == wanted[name] for name in ("event_type", "event_name") if name in wanted) \
        and all(event["properties"].get(name) == value for name, value in wanted.get("filters", {}).items())


def by_user(question, wanted, events, start, end):
    """The times and rows of a user's matching events, by time, then arrival."""
    out = {}
    for row, each in enumerate(events):
        user = each.get(question.get("user_id_field", "user_id"))
        if user is not None and start <= each["at"] < end and is_match(each, wanted):
            out.setdefault(user, []).append((each["at"], row))
    return {user: sorted(own) for user, own in out.items()}


def period_of(starts, at):
    return bisect.bisect_right(starts, at) - 1


class Retention:
    """The question's cohorts and summary as the node should answer them. `last_end`: when the last period ends."""

    def __init__(self, question, events, start, end, last_end):
        self.question, self.events = question, events
        self.starts = bucket_starts(start, end, question.get("granularity", "day"), question.get("timezone", "UTC"))
        self.names, self.periods = question.get("dimensions", []), question.get("periods", 30)
        self.ended = len(self.starts) - (last_end > end)
        wanted = question["start_event"]
        self.sources, self.returns = by_user(question, wanted, events, start, end), by_user(question, question.get("return_event", wanted), events, start, end)
        self.cells = {}
        for user, own in self.sources.items():
            self.count(user, own)

    def bucket(self, at):
        return period_of(self.starts, at)

    def count(self, user, own):
        seen = set()
        for at, row in own:
            cohort = self.bucket(at)
            if cohort in seen or (seen and self.question.get("cohort", "first") == "first"):
                continue
            seen.add(cohort)
            group = tuple(self.events[row]["properties"].get(name) for name in self.names)
            back = {self.bucket(each) - cohort for each, _ in self.returns.get(user, []) if each >= at}
            if self.question.get("kind", "on") == "on_or_after" and back:
                back = set(range(max(back) + 1))
            into = self.cells.setdefault((group, cohort), [0, [0] * len(self.starts)])
            into[0] += 1
            for each in back:
                into[1][each] += 1

    def answer(self):
        sizes = {} if self.names else {(): 0}
        for (group, _), (size, _) in self.cells.items():
            sizes[group] = sizes.get(group, 0) + size
        ranked = sorted(sizes, key=lambda group: (-sizes[group], [(each is not None, each or "") for each in group]))[:self.question.get("limit", 10)]
        cohorts = []
        for group in ranked:
            for b, start in enumerate(self.starts):
                size, retained = self.cells.get((group, b), (0, [0] * len(self.starts)))
                known = retained[:len(self.starts) - b][:self.periods + 1]
                cohorts.append((start, group, size, known + [None] * (self.periods + 1 - len(known))))
        return cohorts, [self.period(n) for n in range(self.periods + 1)], len(sizes)

    def period(self, n):
        ended = [(size, retained) for (_, cohort), (size, retained) in self.cells.items() if cohort + n < self.ended]
        return sum(size for size, _ in ended), sum(retained[n] for _, retained in ended)
