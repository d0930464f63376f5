"""What POST /events/trends refuses, through the real port: each fault is a 422 that names its field, each limit is named where it is passed and
served where it is reached.

Use: trend_refusal_test.py BINARY
"""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402
from node_process import Node  # noqa: E402

YEAR = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2027-01-01T00:00:00Z"}
COUNT = {"series": [{}]}
MEDIAN = {"measure": "median", "property": "n"}


def formula(expression, name="f"):
    return {**COUNT, "formulas": [{"name": name, "expression": expression}]}


class RefusalTest(NodeTest):
    def refused(self, question, field, told="", code="validation_failed"):
        answer = self.ask("/events/trends", {**YEAR, **question}, wanted=422)
        self.assertEqual((answer["code"], len(answer["detail"])), (code, 1), answer)
        fault = answer["detail"][0]
        self.assertEqual(".".join(map(str, fault["loc"])), "body." + field, answer)
        self.assertIn(told, fault["msg"], answer)

    def served(self, question):
        return self.ask("/events/trends", {**YEAR, **question})["series"]


class Faults(RefusalTest):
    def test_of_series(self):
        self.refused({}, "series")
        self.refused({"series": []}, "series", "1 to 16")
        self.refused({"series": [{}] * 17}, "series", "1 to 16")
        self.assertEqual([each["name"] for each in self.served({"series": [{}] * 16})], list("ABCDEFGHIJKLMNOP"))
        self.refused({"series": [{}, {"measure": "mode"}]}, "series.1.measure", "unique_users")
        for wrong in ("p101", "p100.1", "p1.2.3", "p."):
            self.refused({"series": [{"measure": wrong, "property": "n"}]}, "series.0.measure", "p0 to p100")
        for wrong in ("p", "p-1", "P50", "percentile", "", 50, ["count"]):
            self.refused({"series": [{"measure": wrong, "property": "n"}]}, "series.0.measure")
        self.refused({"series": [{"filters": {"n": {"regex": "("}}}]}, "filters", "regular expression")
        self.refused({"series": [{"wrong": 1}]}, "series.0.wrong", "no such field")

    def test_of_properties(self):
        for measure in ("sum", "avg", "min", "max", "median", "p95", "distinct_values"):
            self.refused_property({"series": [{}, {"measure": measure}]}, "needs a property")
        for measure in ("count", "unique_users", "unique_sessions", "unique_customers", "events_per_user"):
            self.refused_property({"series": [{"measure": measure, "property": "n"}]}, "takes no property")

    def refused_property(self, question, told):
        answer = self.ask("/events/trends", {**YEAR, **question}, wanted=422)
        place = ".".join(map(str, answer["detail"][0]["loc"]))
        self.assertRegex(place, r"^body\.series\.([0-9]+\.)?property$", answer)
        self.assertIn(told, answer["detail"][0]["msg"], answer)

    def test_of_names(self):
        self.refused({"series": [{"name": "x"}, {"name": "x"}]}, "series.1.name", "two series have the name x")
        self.refused({"series": [{"name": "B"}, {}]}, "series.1.name", "two series have the name B")
        for wrong in ("1a", "a b", "a-b", "ä"):
            self.refused({"series": [{"name": wrong}]}, "series.0.name", "a letter")
        self.refused({"series": [{"name": "n" * 65}]}, "series.0.name", "64")
        self.served({"series": [{"name": "n" * 64}, {"name": "_"}]})
        self.refused(formula("A", "A"), "formulas.0.name", "taken")
        self.refused({**COUNT, "formulas": [{"name": "f", "expression": "A"}] * 2}, "formulas.1.name", "taken")

    def test_of_formulas(self):
        for expression, place in (("A + Z", 5), ("A + ", 5), ("(A", 3), ("A)", 2), ("A A", 3), ("A + * A", 5), ("+A", 1), ("2 ^ A", 3), ("f", 1), ("a", 1), ("1e999", 1), ("A\n", 2)):
            self.refused(formula(expression), "formulas.0.expression", f"at character {place}: ")
        self.refused(formula("A + Z"), "formulas.0.expression", "there is no series Z")
        self.refused(formula(""), "formulas.0.expression")
        self.refused(formula("A" + "+1" * 250), "formulas.0.expression", "500")
        self.served(formula("A" + "+1" * 249))
        for opening, closing in (("(", ")"), ("-", "")):
            self.refused(formula(opening * 32 + "A" + closing * 32), "formulas.0.expression", "formula_depth_max")
            self.served(formula(opening * 31 + "A" + closing * 31))
        self.refused({**COUNT, "formulas": [{"name": f"f{n}", "expression": "A"} for n in range(17)]}, "formulas", "16")
        self.refused({**COUNT, "formulas": [{"name": "f"}]}, "formulas.0.expression")

    def test_of_the_question(self):
        self.refused({**COUNT, "dimensions": list("abcd")}, "dimensions", "3")
        for wrong in (0, 1_001):
            self.refused({**COUNT, "limit": wrong}, "limit", "1 to 1000")
        self.served({**COUNT, "limit": 1_000, "dimensions": list("abc")})
        for wrong in ("avg", "min", "max", "median", "p95", "distinct_values"):
            self.refused({"series": [{}, {"measure": wrong, "property": "n"}], "cumulative": True}, "series.1.measure", "sum")
        self.refused({"series": [{"measure": "events_per_user"}], "cumulative": True}, "series.0.measure")
        for end in (YEAR["start_time"], "2025-01-01T00:00:00Z"):
            self.refused({**COUNT, "end_time": end}, "end_time", "after the start")
        self.refused({**COUNT, "wrong": 1}, "wrong", "no such field")
        self.refused({**COUNT, "granularity": "fortnight"}, "granularity", "week")
        self.refused({**COUNT, "timezone": "No/Where"}, "timezone", "Europe/Berlin")
        self.refused({**COUNT, "compare": "next_period"}, "compare", "previous_period")
        self.refused({**COUNT, "compare": "previous_period", "granularity": "all", "start_time": "0001-01-02T00:00:00Z"}, "compare", "no interval before")


class Limits(RefusalTest):
    def test_of_buckets(self):
        self.refused({**COUNT, "granularity": "second"}, "granularity", "trend_buckets_max", "query_too_large")
        at = {"start_time": "2026-01-01T00:00:00Z", "granularity": "second"}
        self.assertEqual(len(self.served({**COUNT, **at, "end_time": "2026-01-01T02:46:40Z"})[0]["points"]), 10_000)
        self.refused({**COUNT, **at, "end_time": "2026-01-01T02:46:40.001Z"}, "granularity", "trend_buckets_max", "query_too_large")

    def test_of_groups_and_memory(self):
        """A hundred thousand groups, then one more; then a node with little memory for a question."""
        for first in range(0, 100_000, 10_000):
            self.ask("/events/track/batch", [{"event_type": "t", "event_name": "n", "timestamp": "2026-05-01T00:00:00Z", "properties": {"k": f"v{i}", "n": i}}
                                             for i in range(first, first + 10_000)])
        groups = {**COUNT, "granularity": "all", "dimensions": ["k"], "limit": 1}
        self.assertEqual([each["total"] for each in self.served(groups)], [1, 99_999])
        self.assertEqual(self.served({"series": [MEDIAN], "granularity": "all"})[0]["total"], 49_999.5)
        self.ask("/events/track", {"event_type": "t", "event_name": "n", "timestamp": "2026-05-01T00:00:00Z", "properties": {"k": "one more"}})
        self.refused(groups, "dimensions", "trend_groups_max", "query_too_large")
        self.node.stop()
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn", QUERY_MEMORY_MAX=str(1 << 20)).start()
        answer = self.ask("/events/trends", {"series": [MEDIAN], **YEAR}, wanted=422)
        self.assertEqual(answer["code"], "query_too_large")
        self.assertIn("1 MiB", json.dumps(answer))
        few = [{**MEDIAN, "filters": {"n": {"lt": 1_000}}}, {"measure": "sum", "property": "n"}]
        self.assertEqual([each["total"] for each in self.served({"series": few, "granularity": "month"})], [499.5, sum(range(100_000))], "others go on")

    def test_of_points(self):
        """1,000 buckets, and 200 groups and a line of the others: just more than 200,000; with 199 groups exactly as many."""
        self.ask("/events/track/batch", [{"event_type": "t", "event_name": "n", "timestamp": "2026-05-01T00:00:00Z", "properties": {"k": i}} for i in range(1_001)])
        question = {**COUNT, "granularity": "minute", "dimensions": ["k"], "start_time": "2026-05-01T00:00:00Z", "end_time": "2026-05-01T16:40:00Z"}
        self.refused({**question, "limit": 200}, "limit", "trend_points_max", "query_too_large")
        lines = self.served({**question, "limit": 199})
        self.assertEqual([len(each["points"]) for each in lines], [1_000] * 200)
        self.assertEqual(sum(each["total"] for each in lines), 1_001)


unittest.main(verbosity=2)
