"""Funnels and their users through the real port, against plain Python over the same events: attribution, time to convert, trends over a change of daylight
saving, values held constant, attempts, pages while events come in, tenants, a kill, and what is refused.

Use: funnel_test.py BINARY     DOTMAC_TEST_SEED
"""

import bisect
import datetime
import os
import statistics
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from trend_reference import bucket_starts  # noqa: E402
from user_test_case import END, START, Examples, UserTest, random_events  # noqa: E402

PERIOD = {"start_time": write_time(START), "end_time": write_time(END)}
STEPS = ["a", "b", "c"]


def value_of(event, name):
    return event[name] if name in event else event["properties"].get(name)


def attempt_from(own, start, window):
    """Each step as early as possible."""
    by = [own[start]]
    for each in own[start + 1:]:
        if len(by) == len(STEPS) or each["at"] - by[0]["at"] > window:
            break
        if each["event_type"] == STEPS[len(by)] and each["at"] > by[-1]["at"]:
            by.append(each)
    return by


def best_attempts(events, window, constants=()):
    """By user: of the attempts that came furthest the one that came there first, of these the latest start."""
    of_user, best = {}, {}
    for row, each in enumerate(events):
        held = tuple(value_of(each, name) for name in constants)
        if "user_id" in each and START <= each["at"] < END and None not in held:
            of_user.setdefault((each["user_id"], held), []).append({**each, "row": row})
    for (user, _), own in of_user.items():
        own.sort(key=lambda each: (each["at"], each["row"]))
        for start, first in enumerate(own):
            if first["event_type"] == STEPS[0]:
                by = attempt_from(own, start, window)
                rank = (-len(by), by[-1]["at"], by[-1]["row"], -start)
                if user not in best or rank < best[user][0]:
                    best[user] = (rank, by)
    return {user: by for user, (_, by) in best.items()}


class FunnelTest(UserTest):
    def setUp(self):
        super().setUp()
        self.events = random_events(self.chance, 900)
        self.send(self.events)

    def funnel(self, more, tenant="default"):
        return self.ask("/events/funnel", {"funnel_steps": STEPS, **PERIOD, **more}, tenant)

    def pages(self, more, tenant="default", between=lambda: None):
        found, cursor = [], {}
        while cursor is not None:
            answer = self.ask("/events/funnel/users", {"funnel_steps": STEPS, **PERIOD, **more, **cursor}, tenant)
            found += answer["users"]
            cursor = answer["next_cursor"] and {"cursor": answer["next_cursor"]}
            between()
        return found, answer["total"]

    def check(self, days, more, events=None, tenant="default"):
        """Steps, times, groups and trend; the answer is returned."""
        question = {"conversion_window": f"{days}d", "dimensions": ["plan"], "histogram_bins": 7, "granularity": "day", "timezone": "Europe/Berlin", **more}
        answer = self.funnel(question, tenant)
        best = best_attempts(self.events if events is None else events, datetime.timedelta(days=days), more.get("hold_constant", ()))
        groups = {}
        for by in best.values():
            place = {"first": 0, "last": len(by) - 1, "step": more.get("attribution_step", 1) - 1}[more.get("attribution", "first")]
            groups.setdefault(by[place]["properties"].get("plan") if place < len(by) else None, []).append(by)
        self.figures(answer, list(best.values()), question)
        self.assertEqual({each["dimensions"]["plan"] for each in answer["groups"]}, set(groups), (question, SEED))
        for each in answer["groups"]:
            self.figures(each, groups[each["dimensions"]["plan"]], question)
        bins = answer["time_to_convert"]["histogram"]
        self.assertEqual(sum(each["count"] for each in bins), answer["steps"][-1]["count"])
        return answer

    def figures(self, found, attempts, question):
        what = (question, SEED)
        self.assertEqual([each["count"] for each in found["steps"]], [sum(len(by) > k for by in attempts) for k in range(len(STEPS))], what)
        for k in range(1, len(STEPS)):
            self.times([(by[k]["at"] - by[k - 1]["at"]).total_seconds() for by in attempts if len(by) > k],
                       *(found["steps"][k][name + "_seconds_to_convert"] for name in ("average", "median")))
        through = [by for by in attempts if len(by) == len(STEPS)]
        self.times([(by[-1]["at"] - by[0]["at"]).total_seconds() for by in through], found["time_to_convert"]["average_seconds"], found["time_to_convert"]["median_seconds"])
        starts = bucket_starts(START, END, question["granularity"], question["timezone"])
        wanted = [[0, 0] for _ in starts]
        for by in attempts:
            point = wanted[bisect.bisect_right(starts, by[0]["at"]) - 1]
            point[0] += 1
            point[1] += len(by) == len(STEPS)
        self.assertEqual([(each["time_bucket"], [each["entered"], each["converted"]]) for each in found["trend"]], list(zip(map(write_time, starts), wanted)), what)

    def times(self, wanted, average, median):
        if not wanted:
            self.assertEqual((average, median), (None, None))
            return
        self.assertAlmostEqual(average, statistics.mean(wanted), places=6)
        self.assertAlmostEqual(median, statistics.median(wanted), places=6)


class Counts(FunnelTest):
    def test_are_those_of_plain_python(self):
        for days in (1, 3, 30):
            for constants in ({}, {"hold_constant": ["site"]}, {"hold_constant": ["plan", "customer_id"]}):
                for attribution in ({}, {"attribution": "last"}, {"attribution": "step", "attribution_step": 2}):
                    self.assertGreater(self.check(days, {**constants, **attribution})["steps"][0]["count"], 0)

    def test_attempts_of_one_step_are_its_events(self):
        inside = [each for each in self.events if START <= each["at"] < END and each["event_type"] == "a" and "user_id" in each]
        self.assertEqual(self.funnel({"funnel_steps": ["a"], "count": "attempts"})["steps"][0]["count"], len(inside))

    def test_late_events_change_the_answer(self):
        before = self.check(3, {})
        self.events += random_events(self.chance, 300, "late-")
        self.send(self.events[-300:])
        self.assertNotEqual(self.check(3, {})["steps"], before["steps"])

    def test_tenants_do_not_see_each_other(self):
        others = random_events(self.chance, 150, "other-")
        self.send(others, "other")
        self.check(3, {})
        self.check(3, {}, others, "other")
        self.assertEqual(self.pages({}, "third"), ([], 0))

    def test_answers_are_the_same_after_a_kill(self):
        before, users = self.check(3, {"hold_constant": ["site"]}), self.pages({"limit": 7})
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual((self.check(3, {"hold_constant": ["site"]}), self.pages({"limit": 7})), (before, users))


class Users(FunnelTest):
    def test_are_those_of_plain_python(self):
        for days in (1, 3):
            best = best_attempts(self.events, datetime.timedelta(days=days))
            for step in (1, 2, 3):
                for outcome in ("converted", "dropped") if step > 1 else ("converted",):
                    for more in ({}, {"limit": 3}, {"dimensions": ["plan"], "attribution": "last", "group": {"plan": "fiber"}, "limit": 2}):
                        wanted = {user: by for user, by in best.items() if (len(by) >= step if outcome == "converted" else len(by) == step - 1)
                                  and ("group" not in more or by[-1]["properties"].get("plan") == "fiber")}
                        found, total = self.pages({"conversion_window": f"{days}d", "step": step, "outcome": outcome, **more})
                        self.assertEqual([(each["id"], each["reached"]) for each in found], [(user, [write_time(each["at"]) for each in by]) for user, by in sorted(wanted.items())], SEED)
                        self.assertEqual(total, len(wanted))

    def test_stay_on_one_page_each_while_others_come_in(self):
        before, _ = self.pages({"limit": 1_000})
        count = iter(range(1_000))

        def others_convert():
            n = next(count)
            self.ask("/events/track/batch", [{"event_type": step, "event_name": "n", "user_id": f"{name}{n}", "timestamp": write_time(START + datetime.timedelta(seconds=k))}
                                             for name in ("a-new-", "zz-new-") for k, step in enumerate(STEPS)][: 3 if n % 2 else 6] if n < 5 else [{"event_type": "x", "event_name": "n"}])

        found, _ = self.pages({"limit": 4}, between=others_convert)
        self.assertEqual([each for each in found if "new" not in each["id"]], before)
        self.assertTrue(any(each["id"].startswith("zz-new") for each in found))


class Refusals(UserTest):
    fixed = {"funnel_steps": STEPS, **PERIOD}

    def told(self, path, more, field, told="", code="validation_failed"):
        self.refused(path, {**self.fixed, **more}, field, told, code)

    def test_of_faults(self):
        for path in ("/events/funnel", "/events/funnel/users"):
            self.told(path, {"attribution": "middle"}, "attribution", "first, last, step")
            self.told(path, {"attribution_step": 4}, "attribution_step", "3 steps")
            self.told(path, {"attribution_step": 0}, "attribution_step", "1 to 32")
            self.told(path, {"hold_constant": list("abcd")}, "hold_constant", "3")
            self.told(path, {"hold_constant": ["event_id"]}, "hold_constant", "event_id")
            self.told(path, {"colour": 1}, "colour", "no such field")
            self.told(path, {"end_time": PERIOD["start_time"]}, "end_time", "after the start")
        for more, field, told in (({"histogram_bins": 101}, "histogram_bins", "0 to 100"), ({"granularity": "decade"}, "granularity", "quarter"), ({"timezone": "No/Where", "granularity": "day"}, "timezone", ""),
                                  ({"count": "all"}, "count", "attempts"), ({"count": "attempts", "order": "any"}, "count", "ordered"), ({"count": "attempts", "start": "first"}, "start", "users")):
            self.told("/events/funnel", more, field, told)
        self.told("/events/funnel", {"granularity": "second"}, "granularity", "trend_buckets_max", "query_too_large")
        for more, field, told in (({"step": 4}, "step", "3 steps"), ({"step": 1, "outcome": "dropped"}, "step", "before step 1"), ({"step": 33}, "step", "1 to 32"), ({"limit": 1_001}, "limit", "0 to 1000"),
                                  ({"group": {"plan": "x"}}, "group", "each of the dimensions"), ({"group": {"x": 1}, "dimensions": ["plan"]}, "group", "each of the dimensions"),
                                  ({"group": {"plan": []}, "dimensions": ["plan"]}, "group.plan", ""), ({"cursor": "x"}, "cursor", "next_cursor"), ({"cursor": "u31"}, "cursor", "next_cursor")):
            self.told("/events/funnel/users", more, field, told)


class Documentation(Examples, UserTest):
    page, pairs = "funnels.md", 3


unittest.main(verbosity=2)
