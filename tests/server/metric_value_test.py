"""Values of metrics through the real port, against plain Python: read-back, empty buckets per group, first and undefined values, trends.

Use: metric_value_test.py BINARY     DOTMAC_TEST_SEED
"""

import collections
import datetime
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import SEED, UTC, WHOLE, NodeTest, write_time  # noqa: E402

START = datetime.datetime(2026, 1, 1, tzinfo=UTC)


def at(minutes):
    return write_time(START + datetime.timedelta(minutes=minutes))


class Values(NodeTest):
    def define(self, name, kind):
        self.ask("/metrics/", {"name": name, "display_name": name, "metric_type": kind})

    def send(self, metric, values):
        answer = self.ask("/metrics/values", {"values": [{"metric_id": metric, "value": value, "timestamp": at(minute), **more} for minute, value, more in values]})
        self.assertEqual((answer["status"], answer["success_count"]), ("completed", len(values)), answer["errors"])

    def aggregate(self, method, **more):
        return self.ask("/metrics/aggregate", {"metric_id": "load", "aggregation_method": method, "granularity": "hour", **WHOLE, **more})

    def test_are_read_back_with_all_that_was_sent(self):
        self.define("load", "gauge")
        context = {"from": "probe 7", "deep": {"list": [1, None, "ü"]}}
        before = datetime.datetime.now(UTC)
        self.send("load", [(0, 1.5, {"value_id": "v1", "dimensions": {"site": "berlin", "größe": "1/2"}, "context": context}), (1, -2, {"value_id": "v2"})])
        bare, full = self.ask("/metrics/values/query", {"metric_id": "load"})["values"]
        recorded = datetime.datetime.fromisoformat(full.pop("recorded_at").replace("Z", "+00:00"))
        self.assertLess(abs(recorded - before), datetime.timedelta(hours=1))
        self.assertEqual(full, {"id": "v1", "value": 1.5, "timestamp": at(0), "dimensions": {"site": "berlin", "größe": "1/2"}, "context": context})
        self.assertEqual((bare["id"], bare["value"], bare["dimensions"], bare["context"]), ("v2", -2, {}, {}))

    def test_first_last_and_undefined_ones(self):
        self.define("load", "gauge")
        self.send("load", [(50, 9, {}), (10, 4, {}), (30, 7, {}), (70, 5, {})])  # not in order of time
        self.assertEqual([each["value"] for each in self.aggregate("first")["aggregates"]], [4, 5])
        self.assertEqual([each["value"] for each in self.aggregate("last")["aggregates"]], [9, 5])
        deviations = self.aggregate("stddev")["aggregates"]
        self.assertAlmostEqual(deviations[0]["value"], (((4 - 20 / 3) ** 2 + (7 - 20 / 3) ** 2 + (9 - 20 / 3) ** 2) / 2) ** 0.5)
        self.assertEqual((deviations[1]["value"], deviations[1]["sample_count"]), (None, 1), "of one value")

    def test_empty_buckets_are_named_for_every_group(self):
        self.define("load", "gauge")
        chance = random.Random(SEED)
        values = [(chance.randrange(24 * 60), chance.randrange(100), {"dimensions": chance.choice([{}, {"site": "a"}, {"site": "b", "link": "x"}])}) for _ in range(15)]
        self.send("load", values)
        interval = {"start_time": at(0), "end_time": at(24 * 60)}
        for dimensions in ([], ["site"], ["link", "site"]):
            cells = collections.defaultdict(list)
            for minute, value, more in values:
                cells[at(minute // 60 * 60), tuple(more["dimensions"].get(name) for name in dimensions)].append(value)
            for method, compute, nothing in (("sum", sum, 0), ("count", len, 0), ("max", max, None), ("median", None, None)):
                got = self.aggregate(method, fill="zero", dimensions=dimensions, **interval)["aggregates"]
                keys = [(each["time_bucket"], tuple(each["dimensions"][name] for name in dimensions)) for each in got]
                self.assertEqual(set(keys), {(at(60 * hour), group) for hour in range(24) for group in {group for _, group in cells}})
                self.assertEqual(len(keys), len(set(keys)))
                for key, each in zip(keys, got):
                    self.assertEqual(each["sample_count"], len(cells.get(key, [])))
                    if key not in cells:
                        self.assertEqual(each["value"], nothing, method)
                    elif compute:
                        self.assertEqual(each["value"], compute(cells[key]))

    def test_periods_are_compared_by_total_or_by_average(self):
        periods = {"current_period_start": at(60), "current_period_end": at(120), "comparison_period_start": at(0), "comparison_period_end": at(60)}
        values = [(0, 4, {}), (59, 6, {}), (60, 10, {}), (90, 20, {}), (119, 3, {}), (120, 1000, {})]
        for name, kind in (("load", "gauge"), ("orders", "counter")):
            self.define(name, kind)
            self.send(name, values)
            before, now = [4, 6], [10, 20, 3]
            answer = self.ask("/metrics/trend", {"metric_id": name, **periods})
            self.assertEqual(answer["current_period"], {"start": at(60), "end": at(120), "average": 11.0, "count": 3, "total": 33.0})
            self.assertEqual(answer["comparison_period"], {"start": at(0), "end": at(60), "average": 5.0, "count": 2, "total": 10.0})
            old, new = (sum(before), sum(now)) if kind == "counter" else (sum(before) / 2, sum(now) / 3)
            self.assertEqual(answer["trend"]["direction"], "up")
            self.assertAlmostEqual(answer["trend"]["absolute_change"], new - old)
            self.assertAlmostEqual(answer["trend"]["change_percent"], (new - old) / old * 100)
        swapped = {"current_period_start": at(0), "current_period_end": at(60), "comparison_period_start": at(60), "comparison_period_end": at(120)}
        self.assertEqual(self.ask("/metrics/trend", {"metric_id": "load", **swapped})["trend"]["direction"], "down")
        nothing = self.ask("/metrics/trend", {"metric_id": "load", **periods, "comparison_period_start": at(-60), "comparison_period_end": at(0)})
        self.assertEqual((nothing["trend"]["change_percent"], nothing["comparison_period"]["average"]), (None, None))


unittest.main(verbosity=2)
