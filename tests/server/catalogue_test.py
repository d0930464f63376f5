"""The catalogue through the real port, against plain Python over the same events: every list, fields and properties of all kinds, what is typed in several alphabets, intervals, late
events, tenants, a kill; what is refused, and each limit where it is passed and reached.

Use: catalogue_test.py BINARY     DOTMAC_TEST_SEED
"""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from catalogue_reference import Catalogue, Values  # noqa: E402
from user_test_case import END, START, Examples, UserTest, random_events  # noqa: E402

LISTS = ("event_types", "event_names", "fields", "properties")


class CatalogueTest(UserTest):
    def setUp(self):
        super().setUp()
        self.events = self.mixed_events(1_500)
        self.send(self.events)

    def mixed_events(self, count, tag=""):
        events = random_events(self.chance, count, tag, users=8)
        for each in events:
            if self.chance.random() < 0.5:
                each["source"] = self.chance.choice(["App", "web"])
            for name, values in (("speed", [1, 7, 7.0, 2.5, -3, 1e21]), ("Flag", [True, False]), ("mixed", ["Łódź", "ŁÓDŹ 2", 2, 0.25, True, None, [1, "a"], {"k": {}}]), ("gone", [None])):
                if self.chance.random() < 0.6:
                    each["properties"][name] = self.chance.choice(values)
            if self.chance.random() < 0.3:
                each["context"] = {"os": self.chance.choice(["linux", "Windows", "macOS"]), "plan": self.chance.choice([1, 2])}
        return events

    def asked(self, path, question, start=None, end=None, tenant="default"):
        times = {name: write_time(at) for name, at in (("start_time", start), ("end_time", end)) if at is not None}
        return self.ask(path, {**question, **times}, tenant)

    def check(self, question, start=None, end=None, events=None, tenant="default"):
        """The whole answer; it is returned."""
        path, reference = ("/events/catalogue/values", Values) if "field" in question else ("/events/catalogue", Catalogue)
        answer = self.asked(path, question, start, end, tenant)
        wanted = reference(question, self.events if events is None else events, start, end).answer()
        self.maxDiff = None
        self.assertEqual({name: answer.get(name) for name in wanted}, wanted, (question, SEED))
        self.assertEqual([name for name in LISTS if name in answer], [name for name in LISTS if name in wanted])
        return answer


class Figures(CatalogueTest):
    def test_of_lists_are_those_of_plain_python(self):
        for selection in ({}, {"event_type": "b"}, {"event_name": "m", "user_id": "user_id-3"}, {"filters": {"site": "paris", "plan": "dsl"}}):
            for start, end in ((None, None), (START, END), (None, START), (END, None)):
                for search in ({}, {"search": "P"}, {"search": "P", "match": "prefix"}, {"search": "Context.", "match": "prefix"}, {"search": "nothing has this"}):
                    for more in ({}, {"lists": ["properties"]}, {"lists": ["fields", "event_types"], "limit": 2, "offset": 1}):
                        self.check({**selection, **search, **more}, start, end)

    def test_of_values_are_those_of_plain_python(self):
        for name in ("event_type", "event_name", "event_id", "user_id", "source", "timestamp", "plan", "properties.site", "speed", "Flag", "mixed", "gone", "context.os", "context.plan", "never"):
            for selection in ({}, {"event_type": "b"}, {"filters": {"site": "paris"}}):
                for search in ({}, {"search": "A"}, {"search": "łó", "match": "prefix"}, {"search": "2"}, {"search": "e", "limit": 1}):
                    self.check({"field": name, "limit": 7, **selection, **search}, *self.chance.choice([(None, None), (START, END)]))

    def test_defaults_are_all_lists_and_all_events(self):
        answer = self.check({})
        self.assertEqual(answer, self.asked("/events/catalogue", {"lists": list(LISTS), "limit": 100, "offset": 0, "search": "", "match": "contains", "filters": {}}))
        self.assertEqual(len(answer["properties"]["entries"]), 8)
        self.assertEqual(answer["rows_scanned"], len(self.events))
        values = self.check({"field": "event_id"})
        self.assertEqual((len(values["values"]), values["other_values"]), (20, len(self.events) - 20))
        self.assertEqual(values, self.asked("/events/catalogue/values", {"field": "event_id", "limit": 20}))

    def test_names_are_those_that_filters_take(self):
        for entry in self.check({"lists": ["properties"]})["properties"]["entries"]:
            found = self.ask("/events/query", {"filters": {entry["name"]: {"is_not_null": True}}, "limit": 1})
            self.assertEqual(found["total"], entry["count"], entry)
            for value in self.check({"field": entry["name"]})["values"]:
                if value["kind"] != "json":
                    self.assertEqual(self.ask("/events/query", {"filters": {entry["name"]: value["value"]}, "limit": 1})["total"], value["count"], (entry, value))

    def test_properties_of_all_events_take_no_look_at_events(self):
        self.assertEqual(self.check({"lists": ["properties"]})["rows_scanned"], 0)
        self.assertEqual(self.check({"lists": ["properties"], "event_type": "a"})["rows_scanned"], len(self.events))

    def test_case_does_not_matter_in_alphabets(self):
        blocks = ((0x41, 0x5A), (0xC0, 0xDE), (0x100, 0x17E), (0x218, 0x21B), (0x386, 0x3AB), (0x400, 0x42F), (0x48A, 0x52F), (0x531, 0x556), (0x1EA0, 0x1EFF))
        letters = [chr(each) for first, last in blocks for each in range(first, last + 1) if len(chr(each).lower()) == 1 and chr(each).lower() != chr(each)]
        self.assertGreater(len(letters), 250)
        for first in range(0, len(letters), 50):
            capitals = "".join(letters[first:first + 50])
            event = {"event_type": "a", "event_name": "m", "event_id": f"letters {first}", "timestamp": write_time(START), "at": START, "properties": {"letters": capitals}}
            self.send([event])
            self.events.append(event)
            answer = self.check({"field": "letters", "search": capitals.lower(), "match": "prefix"})
            self.assertEqual([each["value"] for each in answer["values"]], [capitals])

    def test_of_no_events(self):
        answer = self.check({}, events=[], tenant="nobody")
        self.assertEqual((answer["event_count"], answer["as_of"], answer["rows_scanned"]), (0, None, 0))
        self.check({"field": "plan"}, events=[], tenant="nobody")
        self.check({"event_type": "never"})


class Changes(CatalogueTest):
    questions = ({"event_type": "a"}, {"lists": ["properties"]}, {"field": "speed"}, {"field": "properties.mixed", "event_name": "n"})

    def check_all(self, **more):
        return [self.check(each, **more) for each in self.questions]

    def test_late_events_change_the_answer(self):
        before = self.check_all(start=START, end=END)
        late = self.mixed_events(300, "late-")
        for each in late:
            each["properties"]["new name"] = "new"
        self.events += late
        self.send(late)
        for old, new in zip(before, self.check_all(start=START, end=END)):
            self.assertGreater(new["event_count"], old["event_count"])
        self.assertEqual([each["name"] for each in self.check({"search": "NEW", "lists": ["properties"]})["properties"]["entries"]], ["properties.new name"])
        self.assertEqual(self.ask("/events/track/batch", {"events": [{name: value for name, value in late[0].items() if name != "at"}]})["duplicates"], 1)
        self.check_all()

    def test_many_are_shared_among_threads(self):
        for n in range(14):
            events = self.mixed_events(10_000, f"many-{n}-")
            self.send(events)
            self.events += events
        self.check_all()
        self.check({}, START, END)

    def test_tenants_do_not_see_each_other(self):
        others = self.mixed_events(150, "other-")
        for each in others:
            each["properties"] = {"secret": "theirs"}
        self.send(others, "other")
        self.check_all()
        self.assertEqual(self.check({"lists": ["properties"]}, events=others, tenant="other")["properties"]["total"], 3)
        self.assertEqual(self.check({"field": "secret"})["values"], [])

    def test_answers_are_the_same_after_a_kill(self):
        before = self.check_all()
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(self.check_all(), before)


class Refusals(UserTest):
    names, values = "/events/catalogue", "/events/catalogue/values"

    def test_of_faults(self):
        for path, fixed in ((self.names, {}), (self.values, {"field": "plan"})):
            def told(more, field, told=""):
                self.refused(path, {**fixed, **more}, field, told)
            for limit in (0, 1_001):
                told({"limit": limit}, "limit", "1 to 1000")
            told({"limit": "7"}, "limit", "whole number")
            told({"search": "a" * 257}, "search", "256")
            told({"match": "suffix"}, "match", "contains, prefix")
            told({"filters": {"n": {"regex": "("}}}, "filters", "regular expression")
            told({"start_time": "yesterday"}, "start_time")
            told({"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}, "end_time", "after the start")
            told({"wrong": 1}, "wrong", "no such field")
            self.ask(path, {**fixed, "limit": 1_000, "search": "a" * 256})
        self.refused(self.names, {"lists": ["users"]}, "lists.0", "event_types, event_names, fields, properties")
        self.refused(self.names, {"lists": ["fields"] * 5}, "lists", "0 to 4")
        for offset in (-1, 1_000_000_001):
            self.refused(self.names, {"offset": offset}, "offset", "0 to 1000000000")
        self.ask(self.names, {"offset": 1_000_000_000})
        self.refused(self.values, {}, "field", "required")
        self.refused(self.values, {"field": ""}, "field", "1 to 256")
        self.refused(self.values, {"field": "a" * 257}, "field", "1 to 256")
        self.ask(self.values, {"field": "a" * 256})

    def test_of_memory(self):
        for first in range(0, 30_000, 10_000):
            self.ask("/events/track/batch", {"events": [{"event_type": "a", "event_name": f"n{n}", "properties": {"n": n}} for n in range(first, first + 10_000)]})
        self.assertEqual(self.ask(self.names, {"limit": 1})["event_names"]["total"], 30_000)
        self.node.stop()
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn", QUERY_MEMORY_MAX=str(1 << 20)).start()
        for path, question in ((self.names, {}), (self.values, {"field": "n"}), (self.values, {"field": "event_id"})):
            answer = self.ask(path, question, wanted=422)
            self.assertEqual(answer["code"], "query_too_large")
            self.assertIn("memory", json.dumps(answer))
        self.ask(self.names, {"lists": ["fields", "properties"]})
        self.ask(self.values, {"field": "event_id", "search": "no id has this"})


class Documentation(Examples, UserTest):
    page, pairs = "catalogue.md", 3


unittest.main(verbosity=2)
