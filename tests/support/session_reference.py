"""Sessions in plain Python, event by event, from the definitions of docs/sessions.md: what the node's answers are held against.

An event is a dictionary as it was sent, with `at`, its time.
"""

import datetime

from trend_reference import bucket_starts
from user_reference import is_match, period_of

DAY = datetime.timedelta(days=1)


def percentile(values, part):
    ranked = sorted(values)
    position = part * (len(ranked) - 1)
    low, high = ranked[int(position)], ranked[min(int(position) + 1, len(ranked) - 1)]
    return low + (high - low) * (position - int(position))


def figures(sessions):
    count = len(sessions)
    lengths = [(own[-1]["at"] - own[0]["at"]) / datetime.timedelta(milliseconds=1) for _, own in sessions]
    out = {"sessions": count, "users": len({user for user, _ in sessions if user is not None}), "bounces": sum(len(own) == 1 for _, own in sessions),
           "events": sum(len(own) for _, own in sessions)}
    derived = {"bounce_rate": out["bounces"] / count, "events_per_session": out["events"] / count, "average_seconds": sum(lengths) / 1000 / count,
               "median_seconds": percentile(lengths, 0.5) / 1000, "p90_seconds": percentile(lengths, 0.9) / 1000} if count else \
        dict.fromkeys(("bounce_rate", "events_per_session", "average_seconds", "median_seconds", "p90_seconds"))
    return {**out, **derived}


def value_of(event, name):
    return event[name] if name in event else event["properties"].get(name.removeprefix("properties."))


def order_of(values):
    return [(each is not None, each or "") for each in values]


class Sessions:
    """The sessions of a question over [start, end) as (user, events) in `found`."""

    def __init__(self, question, events, start, end):
        self.question, self.start, self.end = question, start, end
        by_id = question.get("by") == "session_id"
        user_field = question.get("user_id_field", "user_id")
        gap = datetime.timedelta(minutes=question.get("gap", 30))
        rows = [each for each in events if each["at"] < end and (not by_id or each["at"] >= start - DAY) and is_match(each, question.get("event", {}))]
        self.found = []
        for key in sorted({each[field] for each in rows for field in ["session_id" if by_id else user_field] if field in each}):
            own = sorted((each for each in rows if each.get("session_id" if by_id else user_field) == key), key=lambda each: each["at"])  # stable: by arrival
            runs = [[own[0]]]
            for before, each in zip(own, own[1:]):
                if not by_id and each["at"] - before["at"] > gap:
                    runs.append([])
                runs[-1].append(each)
            self.found += [(next((each[user_field] for each in run if user_field in each), None), run) for run in runs if run[0]["at"] >= start]

    def line(self, sessions):
        starts = bucket_starts(self.start, self.end, self.question.get("granularity", "day"), self.question.get("timezone", "UTC"))
        points = [[] for _ in starts]
        for each in sessions:
            points[period_of(starts, each[1][0]["at"])].append(each)
        return figures(sessions), [(at, figures(own)) for at, own in zip(starts, points)]

    def groups(self):
        """(values, None for the others) and their sessions, in order."""
        groups = {}
        for each in self.found:
            groups.setdefault(tuple(value_of(each[1][0], name) for name in self.question["dimensions"]), []).append(each)
        ranked = sorted(groups, key=lambda group: (-len(groups[group]), order_of(group)))
        limit = self.question.get("limit", 10)
        out = [(group, groups[group]) for group in ranked[:limit]]
        if len(ranked) > limit:
            others = set(ranked[limit:])
            out.append((None, [each for each in self.found if tuple(value_of(each[1][0], name) for name in self.question["dimensions"]) in others]))
        return out, len(ranked)

    def edges(self, place):
        counts = {}
        for _, own in self.found:
            into = counts.setdefault(value_of(own[place], self.question["edge_field"]), [0, 0])
            into[0] += 1
            into[1] += len(own) == 1
        ranked = sorted(counts, key=lambda value: (-counts[value][0], order_of([value])))[:self.question.get("edge_limit", 10)]
        return {"values": [{"value": each, "sessions": counts[each][0], "bounces": counts[each][1]} for each in ranked], "value_count": len(counts),
                "other_sessions": len(self.found) - sum(counts[each][0] for each in ranked)}
