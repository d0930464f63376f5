"""Stickiness and lifecycle through the real port, against plain Python over the same events: groups, calendars with a change of daylight saving, what lies before
the interval, late events, tenants, a kill, and what is refused.

Use: habit_test.py BINARY     DOTMAC_TEST_SEED
"""

import collections
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from trend_reference import bucket_starts  # noqa: E402
from user_reference import by_user, period_of  # noqa: E402
from user_test_case import END, FIRST, START, UserTest, random_events  # noqa: E402

PERIOD = {"start_time": write_time(START), "end_time": write_time(END)}
A, B = {"event_type": "a"}, {"event_type": "b", "filters": {"site": "paris"}}
ZONES, SIZES = ("Europe/Berlin", "UTC", "America/New_York"), ("hour", "day", "week", "month")


class HabitTest(UserTest):
    def setUp(self):
        super().setUp()
        self.events = random_events(self.chance, 900)
        self.send(self.events)

    @staticmethod
    def starts(question):
        return bucket_starts(START, END, question.get("granularity", "day"), question.get("timezone", "UTC"))

    def check_changes(self, check):
        """Late events, other tenants, a kill."""
        before = check()
        self.events += random_events(self.chance, 300, "late-")
        self.send(self.events[-300:])
        self.assertNotEqual(check()["points"], before["points"])
        others = random_events(self.chance, 150, "other-")
        self.send(others, "other")
        check(others, "other")
        check([], "third")
        before = check()
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(check(), before)


class Stickiness(HabitTest):
    def points(self, question, events):
        """(users, the points) of these events."""
        starts = self.starts(question)
        periods = [len({period_of(starts, at) for at, _ in own}) for own in by_user(question, question["event"], events, START, END).values()]
        return len(periods), [{"intervals": n, "users": periods.count(n), "users_at_least": sum(each >= n for each in periods)} for n in range(1, len(starts) + 1)]

    def check(self, question, events=None, tenant="default"):
        answer, events = self.ask("/events/stickiness", {**question, **PERIOD}, tenant), self.events if events is None else events
        self.assertEqual((answer["total_users"], answer["points"]), self.points(question, events), (question, SEED))
        names = question.get("dimensions", [])
        if names:
            groups = collections.defaultdict(list)
            for each in events:
                groups[tuple(each["properties"].get(name) for name in names)].append(each)
            counted = [(group, *self.points(question, own)) for group, own in groups.items()]
            counted = sorted((each for each in counted if each[1]), key=lambda each: (-each[1], [(value is not None, value or "") for value in each[0]]))
            self.assertEqual(answer["group_count"], len(counted))
            self.assertEqual([(tuple(each["dimensions"][name] for name in names), each["total_users"], each["points"]) for each in answer["groups"]],
                             counted[:question.get("limit", 10)], (question, SEED))
        else:
            self.assertNotIn("groups", answer)
        return answer

    def test_is_that_of_plain_python(self):
        for event in (A, B, {}):
            for field in ("user_id", "session_id", "customer_id"):
                for more in ({}, {"dimensions": ["plan"]}, {"dimensions": ["plan", "site"], "limit": 3}):
                    self.check({"event": event, "user_id_field": field, **more})

    def test_follows_the_calendar(self):
        for zone in ZONES:
            for size in SIZES:
                for more in ({}, {"dimensions": ["site"]}):
                    self.check({"event": A, "granularity": size, "timezone": zone, **more})

    def test_follows_changes(self):
        self.check_changes(lambda events=None, tenant="default": self.check({"event": A, "dimensions": ["plan"]}, events, tenant))

    def test_of_faults_and_limits(self):
        def told(more, field, part="", code="validation_failed"):
            self.refused("/events/stickiness", {"event": A, **PERIOD, **more}, field, part, code)
        self.refused("/events/stickiness", PERIOD, "event")
        told({"event": {"colour": "red"}}, "event.colour", "no such field")
        told({"granularity": "year"}, "granularity", "month")
        told({"user_id_field": "event_id"}, "user_id_field", "session_id")
        told({"dimensions": list("abcd")}, "dimensions", "3")
        for wrong in (0, 1_001):
            told({"limit": wrong}, "limit", "1 to 1000")
        told({"end_time": PERIOD["start_time"]}, "end_time", "after the start")
        told({"timezone": "No/Where"}, "timezone", "Europe/Berlin")
        told({"start_time": "2024-01-01T00:00:00Z", "granularity": "hour"}, "granularity", "trend_buckets_max", "query_too_large")
        year = {"start_time": "2025-05-01T00:00:00Z", "granularity": "hour", "dimensions": ["session_id"], "limit": 80}
        told(year, "limit", "stickiness_points_max", "query_too_large")


class Lifecycle(HabitTest):
    def check(self, question, events=None, tenant="default"):
        answer = self.ask("/events/lifecycle", {**question, **PERIOD}, tenant)
        starts = bucket_starts(FIRST - datetime.timedelta(days=70), END, question.get("granularity", "day"), question.get("timezone", "UTC"))
        shown = self.starts(question)
        skipped = len(starts) - len(shown)
        wanted = [{"time_bucket": write_time(at), "new": 0, "returning": 0, "resurrecting": 0, "dormant": 0} for at in shown]
        for own in by_user(question, question["event"], self.events if events is None else events, FIRST, END).values():
            active = {period_of(starts, at) for at, _ in own}
            for n, into in enumerate(wanted, skipped):
                if n in active:
                    into["new" if n == min(active) else "returning" if n - 1 in active else "resurrecting"] += 1
                elif n - 1 in active:
                    into["dormant"] += 1
        self.assertEqual(answer["points"], wanted, (question, SEED))
        return answer

    def test_is_that_of_plain_python(self):
        for event in (A, B, {}):
            for field in ("user_id", "session_id", "customer_id"):
                answer = self.check({"event": event, "user_id_field": field})
                if event == {}:  # so many that somebody stays
                    self.assertTrue(any(each["returning"] for each in answer["points"]), SEED)

    def test_follows_the_calendar(self):
        for zone in ZONES:
            for size in SIZES:
                self.check({"event": B, "granularity": size, "timezone": zone})

    def test_follows_changes(self):
        self.check_changes(lambda events=None, tenant="default": self.check({"event": B}, events, tenant))

    def test_of_faults_and_limits(self):
        def told(more, field, part="", code="validation_failed"):
            self.refused("/events/lifecycle", {"event": A, **PERIOD, **more}, field, part, code)
        self.refused("/events/lifecycle", PERIOD, "event")
        told({"event": {"filters": {"n": {"regex": "("}}}}, "filters", "regular expression")
        told({"granularity": "all"}, "granularity", "month")
        told({"user_id_field": "event_id"}, "user_id_field", "session_id")
        told({"dimensions": ["plan"]}, "dimensions", "no such field")
        told({"end_time": PERIOD["start_time"]}, "end_time", "after the start")
        told({"start_time": "2024-01-01T00:00:00Z", "granularity": "hour"}, "granularity", "trend_buckets_max", "query_too_large")


unittest.main(verbosity=2)
