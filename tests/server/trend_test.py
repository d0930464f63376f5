"""Trends through the real port, against plain Python over the same events: every measure, groups and the others, totals, formulas, the interval before,
cumulative points, calendars with a change of daylight saving, late events, tenants, a kill.

Use: trend_test.py BINARY     DOTMAC_TEST_SEED
"""

import datetime
import json
import math
import os
import random
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, UTC, NodeTest, write_time  # noqa: E402
from node_process import Node  # noqa: E402
from trend_reference import Trend, formula_line, is_number  # noqa: E402

FIRST = datetime.datetime(2026, 3, 15, tzinfo=UTC)
START, END = datetime.datetime(2026, 3, 25, 5, 30, tzinfo=UTC), datetime.datetime(2026, 4, 3, 17, tzinfo=UTC)  # over a change of daylight saving
OF_EVENTS = ["count", "unique_users", "unique_sessions", "unique_customers", "events_per_user"]
OF_NUMBERS = ["sum", "avg", "min", "max", "median", "p0", "p12.5", "p95", "p99.9", "p100", "distinct_values"]
EVERY_MEASURE = [{"measure": each} for each in OF_EVENTS] + [{"measure": each, "property": "n"} for each in OF_NUMBERS]


def random_value(chance):
    return chance.choice([chance.randrange(-50, 50), chance.randrange(5), float(chance.randrange(5)), chance.uniform(-1e3, 1e3), 0.1,
                          "12", "", True, False, None, [1, 2]])


def random_events(chance, count, tag=""):
    events = []
    for n in range(count):
        at = FIRST + datetime.timedelta(seconds=chance.randrange(22 * 86_400))
        event = {"event_type": chance.choice("ab"), "event_name": "n", "event_id": f"{tag}{n}", "timestamp": write_time(at), "at": at, "properties": {}}
        for field, ids in (("user_id", 30), ("session_id", 80), ("customer_id", 9)):
            if chance.random() < 0.9:
                event[field] = f"{field}-{chance.randrange(ids)}"
        for name, values in (("plan", ["fiber", "dsl", "cable", "5g", ""]), ("site", ["berlin", "paris"])):
            if chance.random() < 0.9:
                event["properties"][name] = chance.choice(values)
        if chance.random() < 0.9:
            event["properties"]["n"] = random_value(chance)
        events.append(event)
    return events


class TrendTest(NodeTest):
    def setUp(self):
        super().setUp()
        print("seed", SEED, flush=True)
        self.chance = random.Random(SEED)
        self.events = random_events(self.chance, 400)
        self.send(self.events)

    def send(self, events, tenant="default"):
        sent = [{name: value for name, value in each.items() if name != "at"} for each in events]
        self.assertEqual(self.ask("/events/track/batch", {"events": sent}, tenant)["success_count"], len(sent))

    def trends(self, question, start=START, end=END, tenant="default"):
        return self.ask("/events/trends", {**question, "start_time": write_time(start), "end_time": write_time(end)}, tenant)

    def check_values(self, got, wanted, what):
        """Whole numbers and null exactly; decimals but for the roundings of numbers up to a thousand."""
        self.assertEqual(len(got), len(wanted), what)
        for each, other in zip(got, wanted):
            if isinstance(each, float) and isinstance(other, (int, float)):
                self.assertAlmostEqual(each, other, delta=1e-9, msg=what)
            else:
                self.assertEqual(each, other, what)

    def check_line(self, got, starts, name, group, total, points, names):
        what = (name, group, got["name"], got["dimensions"], SEED)
        self.assertEqual((got["name"], got["is_other"], got["dimensions"]), (name, group is None, dict(zip(names, group or ()))), what)
        self.check_part(got, starts, total, points, what)

    def check_part(self, got, starts, total, points, what):
        self.assertEqual([each["time_bucket"] for each in got["points"]], [write_time(each) for each in starts], what)
        self.check_values([got["total"], *(each["value"] for each in got["points"])], [total, *points], what)

    def check(self, question, start=START, end=END, events=None, tenant="default"):
        """The whole answer; it is returned."""
        answer = self.trends(question, start, end, tenant)
        trend = Trend(question, self.events if events is None else events, start, end)
        lines, groups = trend.lines()
        of_series = list(lines)
        for each in question.get("formulas", []):
            for group in sorted(dict.fromkeys(line[1] for line in of_series), key=lambda group: group is None):
                lines.append((each["name"], group, *formula_line(each["expression"], of_series, group)))
        self.assertEqual(len(answer["series"]), len(lines), SEED)
        for got, line in zip(answer["series"], lines):
            self.check_line(got, trend.starts, *line, trend.names)
        self.assertEqual((answer["granularity"], answer["timezone"]), (trend.size, trend.zone))
        if question.get("compare") == "previous_period":
            self.check_previous(answer, question, Trend(question, self.events, start - (end - start), start), groups)
        return answer

    def check_previous(self, answer, question, before, groups):
        lines, _ = before.lines(groups)
        wanted = {(name, group): (total, points) for name, group, total, points in lines}
        for got in answer["series"]:
            group = None if got["is_other"] else tuple(got["dimensions"][name] for name in before.names)
            self.check_part(got["previous"], before.starts, *wanted[got["name"], group], ("previous", got["name"], group, SEED))


class Measures(TrendTest):
    def test_are_those_of_plain_python(self):
        for dimensions, limit in (([], 10), (["plan"], 10), (["plan"], 2), (["plan", "site"], 3)):
            self.check({"series": EVERY_MEASURE, "granularity": "day", "dimensions": dimensions, "limit": limit})

    def test_of_single_events_and_of_none(self):
        """Buckets of an hour: most have no event, the others one or two."""
        self.check({"series": EVERY_MEASURE, "granularity": "hour"})
        self.check({"series": EVERY_MEASURE, "granularity": "day"}, END + datetime.timedelta(days=40), END + datetime.timedelta(days=42))
        self.check({"series": EVERY_MEASURE, "dimensions": ["plan"]}, END + datetime.timedelta(days=40), END + datetime.timedelta(days=42))

    def test_of_a_property_that_no_event_has(self):
        self.check({"series": [{"measure": each, "property": "no such"} for each in OF_NUMBERS], "granularity": "week"})

    def test_series_have_conditions_of_their_own(self):
        answer = self.trends({"granularity": "all", "filters": {"site": "paris"},
                              "series": [{"name": "all"}, {"name": "fiber", "filters": {"plan": "fiber"}}, {"name": "a", "event_type": "a"}, {"name": "none", "event_name": "x"}]})
        rows = [each for each in self.events if START <= each["at"] < END and each["properties"].get("site") == "paris"]
        self.assertEqual({each["name"]: each["total"] for each in answer["series"]},
                         {"all": len(rows), "fiber": sum(each["properties"].get("plan") == "fiber" for each in rows), "a": sum(each["event_type"] == "a" for each in rows), "none": 0})

    def test_sums_are_exact(self):
        """Whole ones always; decimals are rounded once, at the end."""
        numbers = [each["properties"]["n"] for each in self.events if is_number(each["properties"].get("n"))]
        answer = self.trends({"granularity": "all", "series": [{"measure": "sum", "property": "n"}]}, FIRST, END + datetime.timedelta(days=30))
        self.assertEqual(answer["series"][0]["total"], math.fsum(numbers), SEED)
        big = 2**62
        events = [{"event_type": "big", "event_name": "n", "properties": {"n": value, "kind": kind}, "timestamp": write_time(START)}
                  for kind, values in (("whole", [big, big - 1, -big, 7]), ("mixed", [big, 0.5, -big]), ("tenths", [0.1] * 10)) for value in values]
        self.ask("/events/track/batch", {"events": events})
        answer = self.trends({"granularity": "all", "dimensions": ["kind"], "series": [{"event_type": "big", "measure": "sum", "property": "n"}]})
        self.assertEqual({each["dimensions"]["kind"]: each["total"] for each in answer["series"]}, {"whole": big + 6, "mixed": 0.5, "tenths": 1.0})


class Many(TrendTest):
    def test_are_shared_among_threads(self):
        """Three chunks of rows: each thread that helps has numbers of its own for groups and values, which are put together afterwards."""
        at = [START + datetime.timedelta(minutes=each) for each in range(0, 4 * 1_440, 7)]
        for _ in range(14):
            events = []
            for _ in range(10_000):
                time = self.chance.choice(at)
                events.append({"event_type": "a", "event_name": "n", "user_id": f"u{self.chance.randrange(2_000)}", "timestamp": write_time(time), "at": time,
                               "properties": {"n": self.chance.randrange(-500, 500) / 4, "plan": self.chance.choice("xyz"), "text": f"t{self.chance.randrange(300)}"}})
            self.send(events)
            self.events += events
        series = [{}, {"measure": "unique_users"}, {"measure": "sum", "property": "n"}, {"measure": "median", "property": "n"}, {"measure": "min", "property": "n"},
                  {"measure": "distinct_values", "property": "n"}, {"measure": "distinct_values", "property": "text"}]
        self.check({"series": series, "granularity": "day", "dimensions": ["plan"], "limit": 2})


class Groups(TrendTest):
    def test_others_and_totals_count_each_user_once(self):
        question = {"series": [{"measure": "unique_users"}], "granularity": "day", "dimensions": ["plan"], "limit": 1}
        answer = self.check(question)
        self.assertEqual(answer["group_count"], 6)
        largest, others = answer["series"]
        self.assertTrue(others["is_other"])
        self.assertLess(others["total"], sum(each["value"] for each in others["points"]), "users of several days are one")
        alone = self.trends({**question, "limit": 6})["series"]
        self.assertLess(others["total"], sum(each["total"] for each in alone[1:]), "users of several groups are one")
        self.assertFalse(any(each["is_other"] for each in alone), "nothing is left over")

    def test_each_series_has_its_own_largest(self):
        question = {"series": [{}, {"measure": "sum", "property": "n"}, {"event_type": "a", "measure": "median", "property": "n"}], "dimensions": ["plan", "site"], "granularity": "all"}
        for limit in (1, 4, 17, 18, 1_000):
            self.check({**question, "limit": limit})

    def test_fields_can_be_dimensions_and_distinct_values(self):
        answer = self.trends({"granularity": "all", "dimensions": ["event_type"], "series": [{"measure": "distinct_values", "property": "user_id"}]})
        rows = [each for each in self.events if START <= each["at"] < END]
        self.assertEqual({each["dimensions"]["event_type"]: each["total"] for each in answer["series"]},
                         {kind: len({each["user_id"] for each in rows if each["event_type"] == kind and "user_id" in each}) for kind in "ab"})

    def test_formulas_follow_arithmetic(self):
        series = [{}, {"event_type": "a"}, {"measure": "avg", "property": "n"}]
        formulas = [{"name": f"f{n}", "expression": each} for n, each in enumerate((
            "A + B * 2", "A - B - 1", "A / B / 2", "A / (B / 2)", "-A + B", "-(A - B) * -2", "B / (A - A)", "C", "A * C - 1.5e1", "100 * (A - B) / A", ".5", "A--B", " ( A ) "))]
        for more in ({}, {"dimensions": ["plan"], "limit": 2}, {"dimensions": ["plan"], "limit": 2, "compare": "none"}):
            self.check({"series": series, "formulas": formulas, "granularity": "week", **more})
        answer = self.trends({"series": [{}, {"event_name": "none"}], "formulas": [{"name": "rate", "expression": "A / B"}]})
        self.assertEqual({each["value"] for each in answer["series"][2]["points"]} | {answer["series"][2]["total"]}, {None}, "nothing divides by zero")


class Times(TrendTest):
    def test_compare_has_the_interval_before(self):
        for more in ({}, {"dimensions": ["plan"], "limit": 2}, {"dimensions": ["plan", "site"], "limit": 5}):
            self.check({"series": EVERY_MEASURE[:8], "granularity": "day", "compare": "previous_period", **more})
        answer = self.check({"series": [{}], "granularity": "all", "compare": "previous_period"})
        self.assertEqual(answer["series"][0]["previous"]["points"][0]["time_bucket"], write_time(START - (END - START)))

    def test_formulas_compare_too(self):
        answer = self.trends({"series": [{}, {"event_type": "a"}], "formulas": [{"name": "share", "expression": "B / A"}], "granularity": "all", "compare": "previous_period"})
        all_of, of_a, share = answer["series"]
        for part in (lambda line: line, lambda line: line["previous"]):
            self.assertEqual(part(share)["total"], part(of_a)["total"] / part(all_of)["total"])
            self.assertEqual([each["value"] for each in part(share)["points"]], [part(share)["total"]])

    def test_cumulative_points_hold_all_before_them(self):
        series = [{"measure": each} for each in OF_EVENTS[:4]] + [{"measure": "sum", "property": "n"}]
        for more in ({}, {"dimensions": ["plan"], "limit": 2}):
            answer = self.check({"series": series, "granularity": "day", "cumulative": True, **more})
            for each in answer["series"][:-1]:
                if each["name"] != "E":
                    self.assertEqual(each["points"][-1]["value"], each["total"])

    def test_calendars_follow_daylight_saving(self):
        for zone in ("Europe/Berlin", "UTC", "America/New_York"):
            for size in ("hour", "day", "week", "month", "all"):
                self.check({"series": [{}, {"measure": "unique_users"}], "granularity": size, "timezone": zone})
        for day, hours in ((datetime.date(2026, 3, 29), 23), (datetime.date(2026, 10, 25), 25), (datetime.date(2026, 3, 30), 24)):
            question = {"series": [{}], "granularity": "hour", "timezone": "Europe/Berlin"}
            summer = day == datetime.date(2026, 3, 30) or hours == 25
            start = datetime.datetime.combine(day, datetime.time(), UTC) - datetime.timedelta(hours=2 if summer else 1)
            answer = self.check(question, start, start + datetime.timedelta(hours=hours))
            self.assertEqual(len(answer["series"][0]["points"]), hours)
            daily = self.trends({**question, "granularity": "day"}, start, start + datetime.timedelta(hours=hours))["series"][0]
            self.assertEqual([each["time_bucket"] for each in daily["points"]], [write_time(start)])
            self.assertEqual(daily["total"], answer["series"][0]["total"])


class Changes(TrendTest):
    question = {"series": EVERY_MEASURE, "granularity": "day", "dimensions": ["plan"], "limit": 3, "timezone": "Europe/Berlin", "compare": "previous_period"}

    def test_late_events_change_the_answer(self):
        before = self.check(self.question)
        self.events += random_events(self.chance, 200, "late-")
        self.send(self.events[-200:])
        self.assertNotEqual(self.check(self.question)["series"], before["series"])

    def test_tenants_do_not_see_each_other(self):
        others = random_events(self.chance, 150, "other-")
        self.send(others, "other")
        question = {**self.question, "compare": "none"}
        self.check(question)
        self.check(question, events=others, tenant="other")
        self.assertEqual(self.check({"series": [{}], "granularity": "all"}, events=[], tenant="third")["series"][0]["total"], 0)

    def test_answers_are_the_same_after_a_kill(self):
        before = self.trends(self.question)
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(self.check(self.question), before)


class Documentation(NodeTest):
    def test_examples_answer_what_they_say(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "trends.md"), encoding="utf-8") as file:
            blocks = [json.loads(each) for each in re.findall(r"(?:^    .*\n)+", file.read(), re.M)]
        self.ask("/events/track/batch", {"events": blocks[0]})
        self.assertEqual(len(blocks), 13, "the events, then questions and answers")
        for question, answer in zip(blocks[1::2], blocks[2::2]):
            self.assertEqual(self.ask("/events/trends", question)["series"], answer)


unittest.main(verbosity=2)
