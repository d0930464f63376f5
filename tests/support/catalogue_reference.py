"""The catalogue in plain Python, event by event, from the definitions of docs/catalogue.md: what the node's answers are held against.

An event is a dictionary as it was sent, with `at`, its time.
"""

import json

from user_reference import is_match

FIELDS = ("event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source", "timestamp", "received_at")
KINDS = ("text", "number", "boolean", "json", "time", "null")


def is_found(text, question):
    text, wanted = text.lower(), question.get("search", "").lower()
    return text.startswith(wanted) if question.get("match") == "prefix" else wanted in text


def kind_of(value):
    if value is None:
        return "null"
    return "boolean" if isinstance(value, bool) else "number" if isinstance(value, (int, float)) else "text" if isinstance(value, str) else "json"


def value_of(event, name):
    if name in FIELDS:
        return event.get(name)
    scope, _, key = name.rpartition(".") if name.startswith(("properties.", "context.")) else ("properties", "", name)
    return event.get(scope, {}).get(key)


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)  # as it is sent


def write_time(at):
    return at.isoformat().replace("+00:00", "Z")


class Catalogue:
    """The answers of a question over the events that it selects."""

    def __init__(self, question, events, start, end):
        self.question = question
        self.selected = [each for each in events if (start is None or start <= each["at"]) and (end is None or each["at"] < end)
                         and is_match(each, question) and ("user_id" not in question or each.get("user_id") == question["user_id"])]

    def page(self, entries):
        first = self.question.get("offset", 0)
        return {"total": len(entries), "entries": entries[first:first + self.question.get("limit", 100)]}

    def events(self, names):
        found = {}
        for each in self.selected:
            if is_found(each[names[-1]], self.question):
                found.setdefault(tuple(each[name] for name in names), []).append(each["at"])
        return self.page([{**dict(zip(names, key)), "count": len(times), "first_time": write_time(min(times)), "last_time": write_time(max(times))}
                          for key, times in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))])

    def fields(self):
        always = ("timestamp", "received_at")
        return self.page([{"name": name, "kind": "time" if name in always else "text", "count": sum(name in always or name in each for each in self.selected)}
                          for name in FIELDS if is_found(name, self.question)])

    def properties(self):
        found = {}
        for each in self.selected:
            for scope in ("properties", "context"):
                for key, value in each.get(scope, {}).items():
                    if is_found(key, self.question) or (self.question.get("search", "").lower().startswith(("properties.", "context.")) and is_found(f"{scope}.{key}", self.question)):
                        kinds = found.setdefault((scope, key), {})
                        kinds[kind_of(value)] = kinds.get(kind_of(value), 0) + 1
        out = [{"name": f"{scope}.{key}", "scope": scope, "key": key, "count": sum(kinds.values()) - kinds.get("null", 0),
                "kinds": [{"kind": kind, "count": kinds[kind]} for kind in KINDS if kind in kinds]} for (scope, key), kinds in found.items()]
        return self.page(sorted(out, key=lambda each: (-each["count"], each["name"])))

    def answer(self):
        lists = {"event_types": lambda: self.events(("event_type",)), "event_names": lambda: self.events(("event_type", "event_name")), "fields": self.fields, "properties": self.properties}
        return {"event_count": len(self.selected), **{name: lists[name]() for name in self.question.get("lists") or lists}}


class Values(Catalogue):
    def answer(self):
        name, found, numbers, having = self.question["field"], {}, [], 0
        for each in self.selected:
            value = each["at"] if name == "timestamp" else value_of(each, name)
            if value is None:
                continue
            having += 1
            kind = "time" if name == "timestamp" else kind_of(value)
            if kind in ("number", "time"):
                numbers.append(value)
            shown = write_time(value) if kind == "time" else text_of(value) if kind == "json" else int(value) if kind == "number" and value == int(value) and abs(value) < 2**63 else value
            if is_found(text_of(shown), self.question):
                key = (KINDS.index(kind), value if kind != "json" else shown)
                found[key] = (shown, kind, found.get(key, (0, 0, 0))[2] + 1)
        ranked = [found[key] for key in sorted(found, key=lambda key: (-found[key][2], key))]
        limit = self.question.get("limit", 20)
        edges = [min(numbers), max(numbers)] if numbers else [None, None]
        return {"field": name, "event_count": len(self.selected), "value_events": having, "value_count": len(ranked),
                "values": [{"value": value, "kind": kind, "count": count} for value, kind, count in ranked[:limit]],
                "other_values": len(ranked[limit:]), "other_events": sum(count for _, _, count in ranked[limit:]),
                "min": write_time(edges[0]) if name == "timestamp" and numbers else edges[0], "max": write_time(edges[1]) if name == "timestamp" and numbers else edges[1]}
