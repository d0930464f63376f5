"""Retention through the real port, against plain Python over the same events: both kinds of cohorts, groups, calendars with a change of daylight saving, late
events, tenants, a kill; what is refused, and each limit where it is passed and reached.

Use: retention_test.py BINARY     DOTMAC_TEST_SEED
"""

import datetime
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, UTC, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from trend_reference import bucket_starts  # noqa: E402
from user_reference import Retention  # noqa: E402
from user_test_case import END, START, Examples, UserTest, random_events  # noqa: E402

A, B, ANY = {"event_type": "a"}, {"event_type": "b", "filters": {"site": "paris"}}, {}


class RetentionTest(UserTest):
    def setUp(self):
        super().setUp()
        self.events = random_events(self.chance, 900)
        self.send(self.events)

    def retention(self, question, start=START, end=END, tenant="default"):
        return self.ask("/events/retention", {**question, "start_time": write_time(start), "end_time": write_time(end)}, tenant)

    def check(self, question, start=START, end=END, events=None, tenant="default"):
        """The whole answer; it is returned."""
        answer = self.retention(question, start, end, tenant)
        size, zone = question.get("granularity", "day"), question.get("timezone", "UTC")
        last = bucket_starts(start, end, size, zone)[-1]
        last_end = bucket_starts(last, last + datetime.timedelta(days=40), size, zone)[1]
        cohorts, summary, groups = Retention(question, self.events if events is None else events, start, end, last_end).answer()
        what = (question, SEED)
        names = question.get("dimensions", [])
        self.assertEqual([(each["time_bucket"], tuple(each.get("dimensions", {}).values()), each["size"], each["retained"]) for each in self.in_order(answer["cohorts"], names)],
                         [(write_time(at), group, size, retained) for at, group, size, retained in cohorts], what)
        self.assertEqual([(each["period"], each["users"], each["retained"]) for each in answer["summary"]], [(n, *each) for n, each in enumerate(summary)], what)
        for each in answer["summary"]:
            self.assertEqual(each["rate"], each["retained"] / each["users"] if each["users"] else None, what)
        self.assertEqual((answer["group_count"], answer["granularity"], answer["timezone"]), (groups, size, zone), what)
        return answer

    @staticmethod
    def in_order(cohorts, names):
        """JSON's members have no order: that of the question."""
        return [{**each, "dimensions": {name: each["dimensions"][name] for name in names}} if names else each for each in cohorts]


class Cohorts(RetentionTest):
    def test_are_those_of_plain_python(self):
        for start, back in ((A, A), (A, B), (B, A), (ANY, ANY), (A, {"event_type": "a", "event_name": "m"})):
            for cohort in ("first", "recurring"):
                for kind in ("on", "on_or_after"):
                    for more in ({}, {"dimensions": ["plan"]}, {"dimensions": ["plan", "site"], "limit": 3}):
                        answer = self.check({"start_event": start, "return_event": back, "cohort": cohort, "kind": kind, "periods": 9, **more})
                        self.assertGreater(answer["summary"][0]["users"], 0)

    def test_defaults_are_days_the_first_event_and_thirty_periods_of_itself(self):
        answer = self.check({"start_event": A})
        self.assertEqual(answer, self.retention({"start_event": "a", "return_event": A, "granularity": "day", "periods": 30, "kind": "on", "cohort": "first", "user_id_field": "user_id", "limit": 10}))
        self.assertTrue(all(len(each["retained"]) == 31 and each["retained"][0] == each["size"] for each in answer["cohorts"]))

    def test_count_sessions_and_customers_too(self):
        for field in ("user_id", "session_id", "customer_id"):
            self.check({"start_event": A, "return_event": B, "user_id_field": field, "periods": 5})

    def test_follow_the_calendar(self):
        for zone in ("Europe/Berlin", "UTC", "America/New_York"):
            for size in ("hour", "day", "week", "month"):
                for cohort in ("first", "recurring"):
                    self.check({"start_event": A, "return_event": B, "granularity": size, "timezone": zone, "cohort": cohort, "periods": 3})
        day = datetime.datetime(2026, 3, 28, 23, tzinfo=UTC)
        answer = self.check({"start_event": ANY, "granularity": "day", "timezone": "Europe/Berlin", "periods": 1}, day, day + datetime.timedelta(hours=23))
        self.assertEqual(len(answer["cohorts"]), 1, "a day of 23 hours")
        self.assertGreater(answer["summary"][0]["users"], 0, "which has ended")

    def test_of_no_events(self):
        later = END + datetime.timedelta(days=40)
        answer = self.check({"start_event": A}, later, later + datetime.timedelta(days=2))
        self.assertEqual({each["rate"] for each in answer["summary"]}, {None})
        self.assertEqual(self.check({"start_event": A, "dimensions": ["plan"]}, later, later + datetime.timedelta(days=2))["cohorts"], [])
        self.check({"start_event": A, "return_event": {"event_type": "never"}})
        self.check({"start_event": {"event_type": "never"}, "return_event": A})


class Changes(RetentionTest):
    question = {"start_event": A, "return_event": B, "dimensions": ["plan"], "limit": 3, "timezone": "Europe/Berlin", "periods": 8}

    def test_late_events_change_the_answer(self):
        before = self.check(self.question)
        self.events += random_events(self.chance, 300, "late-")
        self.send(self.events[-300:])
        self.assertNotEqual(self.check(self.question)["cohorts"], before["cohorts"])
        self.check({"start_event": A})

    def test_many_are_shared_among_threads(self):
        """More than two chunks of rows, and users enough for several blocks."""
        for n in range(15):
            events = random_events(self.chance, 10_000, f"many-{n}-", users=9_000)
            self.send(events)
            self.events += events
        for more in ({}, {"dimensions": ["plan"]}):
            for back in (A, B):
                self.check({"start_event": A, "return_event": back, "periods": 20, **more})

    def test_tenants_do_not_see_each_other(self):
        others = random_events(self.chance, 150, "other-")
        self.send(others, "other")
        self.check(self.question)
        self.check(self.question, events=others, tenant="other")
        self.assertEqual(self.check({"start_event": A}, events=[], tenant="third")["summary"][0]["users"], 0)

    def test_answers_are_the_same_after_a_kill(self):
        before = self.retention(self.question)
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(self.check(self.question), before)


class Refusals(UserTest):
    path, fixed = "/events/retention", {"start_event": A, "start_time": "2026-01-01T00:00:00Z", "end_time": "2026-02-01T00:00:00Z"}

    def told(self, more, field, told="", code="validation_failed"):
        self.refused(self.path, {**self.fixed, **more}, field, told, code)

    def test_of_faults(self):
        self.refused(self.path, {name: value for name, value in self.fixed.items() if name != "start_event"}, "start_event")
        for name in ("start_event", "return_event"):
            self.told({name: {"colour": "red"}}, name + ".colour", "no such field")
            self.told({name: 7}, name)
            self.told({name: {"event_type": ""}}, name + ".event_type")
            self.told({name: {"filters": {"n": {"regex": "("}}}}, "filters", "regular expression")
        for wrong in (0, 367, -1):
            self.told({"periods": wrong}, "periods", "1 to 366")
        for name, wrong, right in (("kind", "after", "on_or_after"), ("cohort", "last", "recurring"), ("granularity", "year", "month"), ("granularity", "minute", "hour"),
                                   ("user_id_field", "event_id", "session_id")):
            self.told({name: wrong}, name, right)
        self.told({"dimensions": list("abcd")}, "dimensions", "3")
        for wrong in (0, 1_001):
            self.told({"limit": wrong}, "limit", "1 to 1000")
        self.told({"end_time": self.fixed["start_time"]}, "end_time", "after the start")
        self.told({"timezone": "No/Where"}, "timezone", "Europe/Berlin")
        self.told({"wrong": 1}, "wrong", "no such field")

    def test_of_limits(self):
        year = {"start_time": "2025-01-01T00:00:00Z", "end_time": "2026-07-01T00:00:00Z", "granularity": "hour", "periods": 1}
        self.told(year, "granularity", "trend_buckets_max", "query_too_large")
        days = {"start_time": "2025-01-01T00:00:00Z", "end_time": "2026-07-01T00:00:00Z", "granularity": "day"}  # 546 days
        self.told({**days, "periods": 366}, "periods", "retention_cells_max", "query_too_large")
        self.assertEqual(len(self.ask(self.path, {**self.fixed, **days, "periods": 365})["cohorts"]), 546)
        self.ask("/events/track/batch", [{"event_type": "a", "event_name": "n", "user_id": f"u{n}", "timestamp": "2026-01-05T00:00:00Z", "properties": {"k": n}} for n in range(300)])
        groups = {"dimensions": ["k"], "periods": 30}
        self.told({**groups, "limit": 300}, "limit", "retention_cells_max", "query_too_large")
        self.assertEqual(len(self.ask(self.path, {**self.fixed, **groups, "limit": 208})["cohorts"]), 208 * 31)

    def test_of_memory_and_time(self):
        for first in range(0, 100_000, 10_000):
            self.ask("/events/track/batch", [{"event_type": "a", "event_name": "n", "user_id": f"u{n}", "timestamp": "2026-01-05T00:00:00Z", "properties": {"k": n % 7}}
                                             for n in range(first, first + 10_000)])
        questions = [{}, {"return_event": B}, {"dimensions": ["k"]}, {"return_event": B, "cohort": "recurring"}]
        self.assertEqual([self.ask(self.path, {**self.fixed, **each})["summary"][0]["users"] for each in questions], [100_000] * 4)
        self.node.stop()
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn", QUERY_MEMORY_MAX=str(2 << 20)).start()
        for each in questions[:3]:
            answer = self.ask(self.path, {**self.fixed, **each, "granularity": "hour"}, wanted=422)
            self.assertEqual(answer["code"], "query_too_large")
            self.assertIn("2 MiB", json.dumps(answer))
        self.ask(self.path, self.fixed)


class Documentation(Examples, UserTest):
    page, pairs = "retention.md", 5


unittest.main(verbosity=2)
