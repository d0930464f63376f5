"""Who did something how often, through the real port, against plain Python over the same events: counts and times, pages, late events, tenants, a kill, and
what is refused.

Use: user_test.py BINARY     DOTMAC_TEST_SEED
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from user_reference import by_user  # noqa: E402
from user_test_case import END, START, Examples, UserTest, random_events  # noqa: E402

PERIOD = {"start_time": write_time(START), "end_time": write_time(END)}
A, B = {"event_type": "a"}, {"event_type": "b", "filters": {"site": "paris"}}


class FoundUsers(UserTest):
    def setUp(self):
        super().setUp()
        self.events = random_events(self.chance, 900)
        self.send(self.events)

    def users(self, question, tenant="default"):
        return self.ask("/events/users", {**question, **PERIOD}, tenant)

    def wanted(self, question, events=None):
        found = [(user, len(own), write_time(own[0][0]), write_time(own[-1][0]))
                 for user, own in by_user(question, question["event"], self.events if events is None else events, START, END).items()]
        return sorted((each for each in found if question.get("min_count", 1) <= each[1] <= question.get("max_count", 10**9)), key=lambda each: (-each[1], each[0]))

    def check(self, question, events=None, tenant="default"):
        """Every page; the first is returned."""
        wanted, found, cursor, first = self.wanted(question, events), [], {}, None
        while cursor is not None:
            answer = self.users({**question, **cursor}, tenant)
            first = first or answer
            self.assertEqual(answer["total"], len(wanted), (question, SEED))
            found += [(each["id"], each["count"], each["first_time"], each["last_time"]) for each in answer["users"]]
            self.assertLessEqual(len(answer["users"]), question.get("limit", 100))
            cursor = answer["next_cursor"] and {"cursor": answer["next_cursor"]}
        self.assertEqual(found, wanted if question.get("limit", 100) else [], (question, SEED))
        return first

    def test_are_those_of_plain_python(self):
        for event in (A, B, {}, {"event_name": "m", "filters": {"plan": "fiber"}}):
            for field in ("user_id", "session_id", "customer_id"):
                for more in ({}, {"min_count": 3}, {"min_count": 2, "max_count": 4}, {"max_count": 1}, {"limit": 0}, {"limit": 3}, {"limit": 1_000}, {"min_count": 10**9}):
                    self.check({"event": event, "user_id_field": field, **more})

    def test_text_is_a_type(self):
        self.assertEqual(self.users({"event": "a"}), self.users({"event": A}))

    def test_late_events_change_the_answer(self):
        before = self.check({"event": A})
        self.events += random_events(self.chance, 300, "late-")
        self.send(self.events[-300:])
        self.assertNotEqual(self.check({"event": A})["users"], before["users"])

    def test_tenants_do_not_see_each_other(self):
        others = random_events(self.chance, 150, "other-")
        self.send(others, "other")
        self.check({"event": A})
        self.check({"event": A}, others, "other")
        self.check({"event": A}, [], "third")

    def test_answers_are_the_same_after_a_kill(self):
        before = self.check({"event": B})
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(self.check({"event": B}), before)

    def test_ids_of_any_text_are_in_cursors(self):
        ids = ["", "a.b", "ä", "0", "u" * 200, "x\ty"]
        self.ask("/events/track/batch", [{"event_type": "odd", "event_name": "n", "user_id": each or None, "timestamp": PERIOD["start_time"]} for each in ids])
        found, cursor = [], {}
        while cursor is not None:
            answer = self.users({"event": "odd", "limit": 1, **cursor})
            found += [each["id"] for each in answer["users"]]
            cursor = answer["next_cursor"] and {"cursor": answer["next_cursor"]}
        self.assertEqual(found, sorted(ids[1:], key=str.encode))


class Refusals(UserTest):
    fixed = {"event": A, **PERIOD}

    def told(self, more, field, told="", code="validation_failed"):
        self.refused("/events/users", {**self.fixed, **more}, field, told, code)

    def test_of_faults(self):
        self.refused("/events/users", PERIOD, "event")
        self.told({"event": {"colour": "red"}}, "event.colour", "no such field")
        self.told({"event": {"filters": {"n": {"regex": "("}}}}, "filters", "regular expression")
        self.told({"min_count": 0}, "min_count", "1 to 4000000000")
        self.told({"max_count": 0}, "max_count", "1 to 4000000000")
        self.told({"min_count": 3, "max_count": 2}, "max_count", "less than min_count")
        for wrong in (-1, 1_001):
            self.told({"limit": wrong}, "limit", "0 to 1000")
        self.told({"user_id_field": "source"}, "user_id_field", "customer_id")
        self.told({"end_time": PERIOD["start_time"]}, "end_time", "after the start")
        for wrong in ("x", "u", "u31", "e1.2", "u312e6", "u2e61"):
            self.told({"cursor": wrong}, "cursor", "next_cursor")
        self.told({"timezone": "UTC"}, "timezone", "no such field")

    def test_of_memory(self):
        for first in range(0, 60_000, 10_000):
            self.ask("/events/track/batch", [{"event_type": "a", "event_name": "n", "user_id": f"u{n}", "timestamp": PERIOD["start_time"]} for n in range(first, first + 10_000)])
        self.node.stop()
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn", QUERY_MEMORY_MAX=str(1 << 20)).start()
        self.assertEqual(self.ask("/events/users", self.fixed, wanted=422)["code"], "query_too_large")
        self.assertEqual(self.ask("/events/users", {**self.fixed, "limit": 0})["total"], 60_000)


class Documentation(Examples, UserTest):
    page, pairs = "users.md", 2


unittest.main(verbosity=2)
