"""Sessions through the real port, against plain Python over the same events: both rules, groups, calendars with a change of daylight saving, the edges of the interval, late
events, tenants, a kill; what is refused, and each limit where it is passed and reached.

Use: session_test.py BINARY     DOTMAC_TEST_SEED
"""

import datetime
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, UTC, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from session_reference import Sessions  # noqa: E402
from user_test_case import END, START, Examples, UserTest, random_events  # noqa: E402

A = {"event_type": "a"}


class SessionTest(UserTest):
    def setUp(self):
        super().setUp()
        self.events = random_events(self.chance, 1_500, users=8)
        self.send(self.events)

    def sessions(self, question, start=START, end=END, tenant="default"):
        return self.ask("/events/sessions", {**question, "start_time": write_time(start), "end_time": write_time(end)}, tenant)

    def check_line(self, found, sessions, reference, what):
        totals, points = reference.line(sessions)
        self.check_figures(found["totals"], totals, what)
        self.assertEqual([each["time_bucket"] for each in found["points"]], [write_time(at) for at, _ in points], what)
        for each, (_, wanted) in zip(found["points"], points):
            self.check_figures({name: value for name, value in each.items() if name != "time_bucket"}, wanted, what)

    def check_figures(self, found, wanted, what):
        self.assertEqual(found.keys(), wanted.keys(), what)
        for name, value in wanted.items():
            if isinstance(value, float):
                self.assertAlmostEqual(found[name], value, 9, (name, what))
            else:
                self.assertEqual(found[name], value, (name, what))

    def check(self, question, start=START, end=END, events=None, tenant="default"):
        """The whole answer; it is returned."""
        answer = self.sessions(question, start, end, tenant)
        what = (question, SEED)
        reference = Sessions(question, self.events if events is None else events, start, end)
        self.check_line(answer, reference.found, reference, what)
        if "dimensions" in question:
            groups, count = reference.groups()
            self.assertEqual((len(answer["groups"]), answer["group_count"]), (len(groups), count), what)
            for found, (values, sessions) in zip(answer["groups"], groups):
                wanted = {} if values is None else dict(zip(question["dimensions"], values))
                self.assertEqual((found["dimensions"], found["is_other"]), (wanted, values is None), what)
                self.check_line(found, sessions, reference, what)
        if "edge_field" in question:
            self.assertEqual((answer["entries"], answer["exits"]), (reference.edges(0), reference.edges(-1)), what)
        self.assertEqual((answer["granularity"], answer["timezone"]), (question.get("granularity", "day"), question.get("timezone", "UTC")), what)
        return answer


class Figures(SessionTest):
    def test_are_those_of_plain_python(self):
        for event in ({}, A, {"event_type": "b", "filters": {"site": "paris"}}):
            for rule in ({}, {"gap": 1}, {"gap": 240}, {"gap": 1440}, {"by": "session_id"}):
                for more in ({}, {"dimensions": ["plan"], "limit": 3}, {"dimensions": ["plan", "site"], "edge_field": "site"}, {"edge_field": "event_name", "edge_limit": 1}):
                    answer = self.check({"event": event, **rule, **more})
                    if rule.get("gap") != 1440:  # busy users never pause so long: all their sessions have begun before
                        self.assertGreater(answer["totals"]["sessions"], 0)

    def test_defaults_are_half_an_hour_days_and_all_events(self):
        answer = self.check({})
        self.assertEqual(answer, self.sessions({"event": {}, "by": "gap", "gap": 30, "granularity": "day", "user_id_field": "user_id", "limit": 10, "edge_limit": 10}))
        self.assertGreater(answer["totals"]["sessions"], answer["totals"]["bounces"])

    def test_are_of_customers_and_client_sessions_too(self):
        for field in ("user_id", "session_id", "customer_id"):
            for by in ("gap", "session_id"):
                self.check({"user_id_field": field, "by": by})

    def test_follow_the_calendar(self):
        for zone in ("Europe/Berlin", "America/New_York"):
            for size in ("hour", "day", "week", "month"):
                self.check({"granularity": size, "timezone": zone, "gap": 120})
        day = datetime.datetime(2026, 3, 28, 23, tzinfo=UTC)
        self.assertEqual(len(self.check({"timezone": "Europe/Berlin"}, day, day + datetime.timedelta(hours=23))["points"]), 1, "a day of 23 hours")
        whole = self.sessions({"granularity": "all"})
        self.assertEqual(([each["time_bucket"] for each in whole["points"]], whole["totals"]), ([write_time(START)], self.check({})["totals"]))

    def test_of_neighbouring_intervals_add_up(self):
        whole = self.check({"gap": 90})["totals"]["sessions"]
        for _ in range(20):
            middle = self.chance.choice([each["at"] for each in self.events if START < each["at"] < END])
            self.assertEqual(sum(self.check({"gap": 90}, *each)["totals"]["sessions"] for each in ((START, middle), (middle, END))), whole)

    def test_of_no_events(self):
        later = END + datetime.timedelta(days=40)
        answer = self.check({"dimensions": ["plan"], "edge_field": "plan"}, later, later + datetime.timedelta(days=2))
        self.assertEqual((answer["groups"], answer["totals"]["median_seconds"]), ([], None))
        self.check({"event": {"event_type": "never"}})


class Changes(SessionTest):
    question = {"dimensions": ["plan"], "limit": 3, "timezone": "Europe/Berlin", "edge_field": "event_type", "gap": 60}

    def test_late_events_change_the_answer(self):
        before = self.check(self.question)
        self.events += random_events(self.chance, 300, "late-", users=8)
        self.send(self.events[-300:])
        self.assertNotEqual(self.check(self.question)["totals"], before["totals"])

    def test_many_are_shared_among_threads(self):
        """More than two chunks of rows, and users enough for several parts."""
        for n in range(15):
            events = random_events(self.chance, 10_000, f"many-{n}-", users=9_000)
            self.send(events)
            self.events += events
        slim = [each for each in self.events if "user_id" in each]
        by_user = {}
        for each in slim:
            by_user.setdefault(each["user_id"], []).append(each["at"])
        gap, wanted = datetime.timedelta(minutes=60), 0
        for times in by_user.values():
            times.sort()
            wanted += sum(START <= at < END and (n == 0 or at - times[n - 1] > gap) for n, at in enumerate(times))
        found = self.sessions(self.question)
        self.assertEqual(found["totals"]["sessions"], wanted)
        self.assertEqual(sum(each["totals"]["sessions"] for each in found["groups"]), wanted)
        self.assertEqual(found, self.sessions(self.question))

    def test_tenants_do_not_see_each_other(self):
        others = random_events(self.chance, 150, "other-")
        self.send(others, "other")
        self.check(self.question)
        self.check(self.question, events=others, tenant="other")
        self.assertEqual(self.check({}, events=[], tenant="third")["totals"]["sessions"], 0)

    def test_answers_are_the_same_after_a_kill(self):
        before = self.sessions(self.question)
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(self.check(self.question), before)


class Refusals(UserTest):
    path, fixed = "/events/sessions", {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-02-01T00:00:00Z"}

    def told(self, more, field, told="", code="validation_failed"):
        self.refused(self.path, {**self.fixed, **more}, field, told, code)

    def test_of_faults(self):
        for name in self.fixed:
            self.refused(self.path, {other: value for other, value in self.fixed.items() if other != name}, name)
        self.told({"event": {"colour": "red"}}, "event.colour", "no such field")
        self.told({"event": {"filters": {"n": {"regex": "("}}}}, "filters", "regular expression")
        for wrong in (0, 1_441, -1):
            self.told({"gap": wrong}, "gap", "1 to 1440")
        self.told({"gap": 1.5}, "gap")
        self.told({"gap": 30, "by": "session_id"}, "gap", "by: gap")
        for name, wrong, right in (("by", "user", "session_id"), ("granularity", "fortnight", "month"), ("user_id_field", "event_id", "session_id")):
            self.told({name: wrong}, name, right)
        self.told({"dimensions": list("abcd")}, "dimensions", "3")
        for name in ("limit", "edge_limit"):
            for wrong in (0, 1_001):
                self.told({name: wrong}, name, "1 to 1000")
        self.told({"edge_field": ""}, "edge_field")
        self.told({"end_time": self.fixed["start_time"]}, "end_time", "after the start")
        self.told({"timezone": "No/Where"}, "timezone", "Europe/Berlin")
        self.told({"wrong": 1}, "wrong", "no such field")

    def test_of_limits(self):
        self.told({"granularity": "minute"}, "granularity", "trend_buckets_max", "query_too_large")
        self.ask("/events/track/batch", [{"event_type": "a", "event_name": "n", "user_id": f"u{n}", "timestamp": "2026-01-05T00:00:00Z", "properties": {"k": n}} for n in range(300)])
        groups = {"dimensions": ["k"], "granularity": "hour"}  # 744 hours
        self.told({**groups, "limit": 133}, "limit", "session_points_max", "query_too_large")
        self.assertEqual(len(self.ask(self.path, {**self.fixed, **groups, "limit": 132})["groups"]), 133)

    def test_of_memory(self):
        for first in range(0, 120_000, 10_000):
            self.ask("/events/track/batch", [{"event_type": "a", "event_name": "n", "user_id": f"u{n}", "session_id": f"s{n}", "timestamp": "2026-01-05T00:00:00Z", "properties": {"k": n % 7}}
                                             for n in range(first, first + 10_000)])
        questions = [{}, {"dimensions": ["k"]}, {"by": "session_id"}]
        self.assertEqual([self.ask(self.path, {**self.fixed, **each})["totals"]["users"] for each in questions], [120_000] * 3)
        self.node.stop()
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn", QUERY_MEMORY_MAX=str(1 << 20)).start()
        for each in questions:
            answer = self.ask(self.path, {**self.fixed, **each}, wanted=422)
            self.assertEqual(answer["code"], "query_too_large")
            self.assertIn("1 MiB", json.dumps(answer))
        self.ask(self.path, {**self.fixed, "event": {"event_type": "never"}})


class Documentation(Examples, UserTest):
    page, pairs = "sessions.md", 2


unittest.main(verbosity=2)
