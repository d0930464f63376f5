"""Paths through the real port, against plain Python over the same events: from a start, from and to an event, rules, exclusions, bundled nodes, the edges of the interval, late events,
tenants, a kill; what is refused, and each limit where it is passed and reached.

Use: path_test.py BINARY     DOTMAC_TEST_SEED
"""

import datetime
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from path_reference import Paths  # noqa: E402
from user_test_case import END, START, Examples, UserTest, random_events  # noqa: E402

A, B = {"event_type": "a"}, {"event_type": "b", "filters": {"site": "paris"}}


class PathTest(UserTest):
    def setUp(self):
        super().setUp()
        self.events = random_events(self.chance, 1_500, users=8)
        self.send(self.events)

    def paths(self, question, start=START, end=END, tenant="default"):
        return self.ask("/events/paths", {**question, "start_time": write_time(start), "end_time": write_time(end)}, tenant)

    def check(self, question, start=START, end=END, events=None, tenant="default"):
        """The whole answer; it is returned."""
        answer = self.paths(question, start, end, tenant)
        wanted = Paths(question, self.events if events is None else events, start, end).answer()
        found = {name: answer[name] for name in wanted}
        for each in (found, wanted):
            each["links"] = [{**link, "average_seconds": round(link["average_seconds"], 6)} for link in each["links"]]
        self.maxDiff = None
        self.assertEqual(found, wanted, (question, SEED))
        return answer


class Figures(PathTest):
    def test_are_those_of_plain_python(self):
        rules = [{"pattern": "c*", "label": "cabled"}, {"pattern": "*b*", "label": "never: the first rule takes it"}, {"pattern": "fib*r", "label": "cabled"}]
        for anchor in ({}, {"from": A}, {"to": A}, {"from": B}, {"to": B}):
            for label in ({}, {"label_field": "plan", "gap": 240}, {"label_field": "plan", "label_rules": rules, "gap": 600}, {"label_field": "properties.site", "event": {"event_type": "c"}, "gap": 1440}):
                for more in ({}, {"steps": 2, "nodes_per_step": 1}, {"merge_repeats": False, "steps": 10, "nodes_per_step": 2}, {"exclude": ["d*", "b"], "exclude_events": [B, {"event_name": "m"}]}):
                    self.check({**anchor, **label, **more})

    def test_defaults_are_five_steps_by_type_within_half_an_hour(self):
        answer = self.check({})
        self.assertEqual(answer, self.paths({"event": {}, "gap": 30, "label_field": "event_type", "steps": 5, "nodes_per_step": 10, "merge_repeats": True, "user_id_field": "user_id"}))
        self.assertGreater(len(answer["links"]), 5)
        self.assertEqual(len(answer["steps"]), 5)

    def test_are_of_customers_and_client_sessions_too(self):
        for field in ("user_id", "session_id", "customer_id"):
            self.check({"user_id_field": field, "gap": 120})

    def test_of_neighbouring_intervals_add_up(self):
        whole = self.check({"gap": 90})["paths"]
        for _ in range(20):
            middle = self.chance.choice([each["at"] for each in self.events if START < each["at"] < END])
            self.assertEqual(sum(self.check({"gap": 90}, *each)["paths"] for each in ((START, middle), (middle, END))), whole)

    def test_of_no_events(self):
        later = END + datetime.timedelta(days=40)
        answer = self.check({"steps": 3}, later, later + datetime.timedelta(days=2))
        self.assertEqual([len(each["nodes"]) for each in answer["steps"]], [0, 0, 0])
        self.check({"from": {"event_type": "never"}})
        self.check({"label_field": "never"})


class Changes(PathTest):
    question = {"label_field": "plan", "from": A, "nodes_per_step": 3, "gap": 600}

    def test_late_events_change_the_answer(self):
        before = self.check(self.question)
        self.events += random_events(self.chance, 300, "late-", users=8)
        self.send(self.events[-300:])
        self.assertNotEqual(self.check(self.question)["steps"], before["steps"])

    def test_many_are_shared_among_threads(self):
        """More than two chunks of rows, and users enough for several parts."""
        for n in range(15):
            events = random_events(self.chance, 10_000, f"many-{n}-", users=9_000)
            self.send(events)
            self.events += events
        self.check(self.question)
        self.check({"label_field": "event_id", "exclude": ["many-*"], "gap": 600})

    def test_tenants_do_not_see_each_other(self):
        others = random_events(self.chance, 150, "other-")
        self.send(others, "other")
        self.check(self.question)
        self.check(self.question, events=others, tenant="other")
        self.assertEqual(self.check({}, events=[], tenant="third")["paths"], 0)

    def test_answers_are_the_same_after_a_kill(self):
        before = self.paths(self.question)
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(self.paths(self.question), before)
        self.check(self.question)


class Refusals(UserTest):
    path, fixed = "/events/paths", {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-02-01T00:00:00Z"}

    def told(self, more, field, told="", code="validation_failed"):
        self.refused(self.path, {**self.fixed, **more}, field, told, code)

    def test_of_faults(self):
        for name in self.fixed:
            self.refused(self.path, {other: value for other, value in self.fixed.items() if other != name}, name)
        for name in ("event", "from", "to"):
            self.told({name: {"colour": "red"}}, name + ".colour", "no such field")
            self.told({name: 7}, name)
            self.told({name: {"filters": {"n": {"regex": "("}}}}, "filters", "regular expression")
        self.told({"from": A, "to": A}, "to", "without from")
        for name, wrongs, told in (("steps", (1, 11), "2 to 10"), ("nodes_per_step", (0, 51), "1 to 50"), ("gap", (0, 1_441), "1 to 1440")):
            for wrong in wrongs:
                self.told({name: wrong}, name, told)
        self.told({"label_field": ""}, "label_field")
        self.told({"label_rules": [{"pattern": "a"}]}, "label_rules.0.label")
        self.told({"label_rules": [{"pattern": "", "label": "b"}]}, "label_rules.0.pattern")
        self.told({"label_rules": [{"pattern": "a" * 257, "label": "b"}]}, "label_rules.0.pattern", "256")
        self.told({"label_rules": [{"pattern": "a", "label": "b", "more": 1}]}, "label_rules.0.more", "no such field")
        self.told({"exclude": [""]}, "exclude", "256")
        self.told({"exclude_events": [{"colour": "red"}]}, "exclude_events.0.colour", "no such field")
        self.told({"user_id_field": "event_id"}, "user_id_field", "session_id")
        self.told({"end_time": self.fixed["start_time"]}, "end_time", "after the start")
        self.told({"wrong": 1}, "wrong", "no such field")

    def test_of_counts(self):
        for name, entry, most in (("label_rules", {"pattern": "a*", "label": "b"}, 100), ("exclude", "a*", 100), ("exclude_events", "e", 32)):
            self.told({name: [entry] * (most + 1)}, name, str(most))
            self.ask(self.path, {**self.fixed, name: [entry] * most})

    def test_of_labels_and_memory(self):
        for first in range(0, 32_769, 10_000):
            for properties in ({"page": "/page/{}"}, {}):
                self.ask("/events/track/batch", [{"event_type": "a", "event_name": "n", "user_id": f"u{n}", "timestamp": "2026-01-05T00:00:00Z",
                                                  "properties": {name: value.format(n) for name, value in properties.items()}} for n in range(first, min(first + 10_000, 32_769))])
        pages = {"label_field": "page"}
        self.told(pages, "label_field", "path_labels_max", "query_too_large")
        for more in ({"exclude": ["/page/0"]}, {"label_rules": [{"pattern": "/page/1?", "label": "is no wildcard"}, {"pattern": "/page/1*", "label": "one"}]}):
            answer = self.ask(self.path, {**self.fixed, **pages, **more})
            self.assertEqual(answer["steps"][0]["nodes"][-1]["is_other"], True)
            self.assertEqual(answer["paths"], 32_768 if "exclude" in more else 32_769)
        self.node.stop()
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn", QUERY_MEMORY_MAX=str(1 << 20)).start()
        answer = self.ask(self.path, self.fixed, wanted=422)
        self.assertEqual(answer["code"], "query_too_large")
        self.assertIn("memory", json.dumps(answer))
        self.ask(self.path, {**self.fixed, "event": {"event_type": "never"}})


class Documentation(Examples, UserTest):
    page, pairs = "paths.md", 2


unittest.main(verbosity=2)
