"""Paths in plain Python, list by list, from the definitions of docs/paths.md: what the node's answers are held against.

An event is a dictionary as it was sent, with `at`, its time.
"""

import datetime
import fnmatch

from session_reference import value_of
from user_reference import is_match


def label_of(event, question):
    label = value_of(event, question.get("label_field", "event_type"))
    if label is None:
        return None
    for rule in question.get("label_rules", []):
        if fnmatch.fnmatchcase(label, rule["pattern"]):
            label = rule["label"]
            break
    return None if any(fnmatch.fnmatchcase(label, each) for each in question.get("exclude", [])) else label


def paths_of(question, events, start, end):
    """(user, [(label, time)]) of each path, by position."""
    gap, user_field = datetime.timedelta(minutes=question.get("gap", 30)), question.get("user_id_field", "user_id")
    steps = {}
    for each in events:
        if user_field in each and each["at"] < end and is_match(each, question.get("event", {})) and label_of(each, question) is not None \
                and not any(is_match(each, left_out) for left_out in question.get("exclude_events", [])):
            steps.setdefault(each[user_field], []).append(each)
    out = []
    for user, own in steps.items():
        own.sort(key=lambda each: each["at"])  # stable: by arrival
        sessions = [[own[0]]]
        for before, each in zip(own, own[1:]):
            if each["at"] - before["at"] > gap:
                sessions.append([])
            sessions[-1].append(each)
        for session in sessions:
            if session[0]["at"] < start:
                continue
            anchor = question.get("from", question.get("to"))
            if anchor is not None:
                found = [n for n, each in enumerate(session) if is_match(each, anchor)]
                if not found:
                    continue
                session = session[found[0]:] if "from" in question else session[:found[0] + 1]
            places = []
            for each in session:
                label = label_of(each, question)
                if not question.get("merge_repeats", True) or not places or places[-1][0] != label:
                    places.append((label, each["at"]))
            out.append((user, (places[::-1] if "to" in question else places)[:question.get("steps", 5)]))
    return out


class Paths:
    """The answer of a question over [start, end)."""

    def __init__(self, question, events, start, end):
        self.count, self.backwards, self.most = question.get("steps", 5), "to" in question, question.get("nodes_per_step", 10)
        self.paths = paths_of(question, events, start, end)
        self.nodes = [self.nodes_of(position) for position in range(self.count)]

    def nodes_of(self, position):
        counts = {}
        for _, places in self.paths:
            if position < len(places):
                counts[places[position][0]] = counts.get(places[position][0], 0) + 1
        return sorted(counts, key=lambda label: (-counts[label], label))[:self.most]

    def node_at(self, position, places):
        label = places[position][0]
        return label if label in self.nodes[position] else None

    def figures(self, position, paths):
        return {"paths": len(paths), "users": len({user for user, _ in paths}), "drop_offs": None if position + 1 == self.count else sum(len(places) == position + 1 for _, places in paths)}

    def step(self, position):
        own = [each for each in self.paths if position < len(each[1])]
        nodes = []
        for label in [*self.nodes[position], None]:
            through = [each for each in own if self.node_at(position, each[1]) == label]
            if through:
                nodes.append({"label": label, "is_other": label is None, **self.figures(position, through)})
        return {"step": position + 1, **self.figures(position, own), "nodes": nodes}

    def links(self, position):
        sums = {}
        for _, places in self.paths:
            if position + 1 < len(places):
                sum_of = sums.setdefault((self.node_at(position, places), self.node_at(position + 1, places)), [0, datetime.timedelta()])
                sum_of[0] += 1
                sum_of[1] += abs(places[position + 1][1] - places[position][1])

        def rank(at, label):
            return self.nodes[at].index(label) if label is not None else self.most

        ranked = sorted(sums, key=lambda pair: (-sums[pair][0], rank(position, pair[0]), rank(position + 1, pair[1])))
        return [{"step": position + 1, "from": pair[1] if self.backwards else pair[0], "to": pair[0] if self.backwards else pair[1], "paths": sums[pair][0],
                 "average_seconds": sums[pair][1] / datetime.timedelta(seconds=1) / sums[pair][0]} for pair in ranked]

    def answer(self):
        return {"paths": len(self.paths), "users": len({user for user, _ in self.paths}), "label_count": len({label for _, places in self.paths for label, _ in places}),
                "steps": [self.step(position) for position in range(self.count)], "links": [each for position in range(self.count - 1) for each in self.links(position)]}
