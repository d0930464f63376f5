"""Metrics through the real port: answers compared with plain code over the same values, restarts, two tenants, wrong input.

Use: metric_test.py BINARY     DOTMAC_TEST_SEED
"""

import collections
import datetime
import os
import random
import statistics
import sys
import unittest
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Postgres  # noqa: E402
from node_test_case import SEED, UTC, WHOLE, NodeTest, write_time  # noqa: E402


def random_values(chance, metric, count):
    start = datetime.datetime(2026, 3, 27, tzinfo=UTC)  # over a change of daylight saving
    values = []
    for number in range(count):
        value = {"metric_id": metric, "value": chance.choice([0, 1, 2.5, 1e12, chance.uniform(0, 1000)]), "value_id": f"v{number}",
                 "timestamp": write_time(start + datetime.timedelta(milliseconds=chance.randrange(4 * 86_400_000))), "dimensions": {}}
        for name, kinds in (("site", 5), ("link", 3)):
            if chance.random() < 0.8:
                value["dimensions"][name] = f"{name}{chance.randrange(kinds)}"
        values.append(value)
    return values


def moment(value):
    return datetime.datetime.fromisoformat(value["timestamp"].replace("Z", "+00:00"))


def percentile(values, p):
    values = sorted(values)
    place = p / 100 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


METHODS = {
    "sum": sum, "avg": statistics.fmean, "min": min, "max": max, "count": len, "distinct_count": lambda values: len(set(values)),
    "median": statistics.median, "p95": lambda values: percentile(values, 95), "p99.9": lambda values: percentile(values, 99.9),
    "stddev": lambda values: statistics.stdev(values) if len(values) > 1 else None,
}


class MetricAnswers(NodeTest):
    def setUp(self):
        super().setUp()
        self.tenant = self._testMethodName[5:45]  # the tests on PostgreSQL share one store

    def define(self, name, kind, tenant=None, **more):
        return self.ask("/metrics/", {"name": name, "display_name": name, "metric_type": kind, **more}, tenant or self.tenant)

    def send(self, values, chance):
        values = list(values)
        while values:
            size = min(len(values), chance.randrange(1, 300))
            batch, values = values[:size], values[size:]
            answer = self.ask("/metrics/values", {"values": batch}, self.tenant)
            self.assertEqual((answer["status"], answer["success_count"]), ("completed", size), answer["errors"])

    def check(self, values, metric):
        for method, compute in METHODS.items():
            for zone, by in (("UTC", []), ("Europe/Berlin", ["site"]), ("America/New_York", ["link", "site"])):
                answer = self.ask("/metrics/aggregate", {"metric_id": metric, "aggregation_method": method, "granularity": "day", "timezone": zone,
                                                         "dimensions": by, **WHOLE}, self.tenant)
                wanted = collections.defaultdict(list)
                for value in values:
                    local = moment(value).astimezone(zoneinfo.ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
                    start = write_time(local.replace(tzinfo=zoneinfo.ZoneInfo(zone)))
                    wanted[start, tuple(value["dimensions"].get(each) for each in by)].append(value["value"])
                got = {(each["time_bucket"], tuple(each["dimensions"][name] for name in by)): each for each in answer["aggregates"]}
                self.assertEqual(set(got), set(wanted))
                for key, inside in wanted.items():
                    self.assertEqual(got[key]["sample_count"], len(inside))
                    truth = compute(inside)
                    if truth is None:
                        self.assertIsNone(got[key]["value"])
                    else:
                        self.assertAlmostEqual(got[key]["value"], truth, delta=1e-9 * max(1, abs(truth)), msg=f"{method} {key}")

    def check_pages(self, values, metric):
        found, offset = [], 0
        while True:
            page = self.ask("/metrics/values/query", {"metric_id": metric, "dimensions": {"site": "site1"}, "limit": 70, "offset": offset}, self.tenant)
            found += [each["id"] for each in page["values"]]
            offset += 70
            if not page["values"]:
                break
        wanted = [(moment(value), number, value["value_id"]) for number, value in enumerate(values) if value["dimensions"].get("site") == "site1"]
        self.assertEqual(found, [identifier for _, _, identifier in sorted(wanted, reverse=True)])
        self.assertEqual(page["total"], len(wanted))

    def test_equal_plain_code_before_and_after_restarts(self):
        print("seed", SEED, flush=True)
        chance = random.Random(SEED)
        created = self.define("latency", "histogram", dimensions=["site"])
        values = random_values(chance, "latency", 1_200)
        self.send(values[:600], chance)
        self.node.kill()
        self.node.start()
        self.send(values[600:], chance)
        self.check(values, created["metric_id"])
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        self.check(values, "latency")
        self.check_pages(values, "latency")
        again = self.ask("/metrics/values", {"values": values[:500]}, self.tenant)
        self.assertEqual({each["status"] for each in again["values"]}, {"duplicate"})
        self.check_pages(values, "latency")
        self.assertEqual(self.node.call("GET", "/metrics/latency", None, {"X-Tenant-ID": "other"})[0], 404)

    def test_keep_two_tenants_with_the_same_names_apart(self):
        for tenant, value in (("acme", 1), ("zeta", 5)):
            self.define("load", "gauge", tenant)
            self.ask("/metrics/values", {"metric_id": "load", "value": value, "value_id": "same"}, tenant)
        for tenant, value in (("acme", 1), ("zeta", 5)):
            found = self.ask("/metrics/values/query", {"metric_id": "load"}, tenant)
            self.assertEqual([each["value"] for each in found["values"]], [value])

    def test_know_counters_of_increments_and_of_readings(self):
        self.define("orders", "counter")
        self.define("bytes_in", "counter", calculation_config={"cumulative": True})
        for minute, increment, reading in ((0, 3, 100), (10, 4, 150), (70, 5, 20), (80, 6, 50)):
            at = f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00Z"
            self.ask("/metrics/values", {"values": [{"metric_id": "orders", "value": increment, "timestamp": at},
                                                    {"metric_id": "bytes_in", "value": reading, "timestamp": at}]}, self.tenant)
        interval = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T02:00:00Z", "granularity": "hour"}
        for metric, method, wanted in (("orders", "increase", [7, 11]), ("orders", "rate", [7 / 3600, 11 / 3600]), ("bytes_in", "increase", [50, 50]),
                                       ("bytes_in", "rate", [50 / 3600, 50 / 3600]), ("bytes_in", "last", [150, 50])):
            answer = self.ask("/metrics/aggregate", {"metric_id": metric, "aggregation_method": method, **interval}, self.tenant)
            self.assertEqual([each["value"] for each in answer["aggregates"]], wanted, (metric, method))

    def test_refuse_wrong_input_and_name_its_field(self):
        self.define("load", "gauge")
        self.define("orders", "counter")
        one = {"metric_id": "load", "value": 1}
        asked = {"metric_id": "load", "aggregation_method": "avg", "granularity": "hour", **WHOLE}
        for path, body, status, field in (
                ("/metrics/", {"name": "load", "display_name": "x", "metric_type": "gauge"}, 409, None),
                ("/metrics/", {"name": "", "display_name": "x", "metric_type": "gauge"}, 422, "name"),
                ("/metrics/", {"name": "x", "display_name": "x", "metric_type": "ratio"}, 422, "metric_type"),
                ("/metrics/", {"name": "x", "display_name": "x", "metric_type": "gauge", "calculation_config": {"cumulative": True}}, 422, "calculation_config"),
                ("/metrics/", {"name": "x", "display_name": "x", "metric_type": "gauge", "retention_days": 0}, 422, "retention_days"),
                ("/metrics/values", {**one, "metric_id": "nothing"}, 404, None), ("/metrics/values", {"value": 1}, 422, "metric_id"),
                ("/metrics/values", {**one, "value": "1"}, 422, "value"), ("/metrics/values", {**one, "value": None}, 422, "value"),
                ("/metrics/values", {**one, "timestamp": "0000-01-01T00:00:00Z"}, 422, "timestamp"),
                ("/metrics/values", {**one, "dimensions": {"a": 1}}, 422, "dimensions"),
                ("/metrics/values", {**one, "dimensions": {"a": "x" * 257}}, 422, "dimensions"),
                ("/metrics/values", {**one, "dimensions": {str(i): "x" for i in range(33)}}, 422, "dimensions"),
                ("/metrics/values", {**one, "value_id": "x" * 257}, 422, "value_id"), ("/metrics/values", {**one, "context": [1]}, 422, "context"),
                ("/metrics/values", {**one, "colour": 1}, 422, "colour"), ("/metrics/values", {"values": []}, 422, "values"),
                ("/metrics/values", {"values": [one] * 10_001}, 422, "values"), ("/metrics/values", {"metric_id": "orders", "value": -1}, 422, "value"),
                ("/metrics/aggregate", {**asked, "metric_id": "nothing"}, 404, None), ("/metrics/aggregate", {**asked, "aggregation_method": "p101"}, 422, "aggregation_method"),
                ("/metrics/aggregate", {**asked, "aggregation_method": "rate"}, 422, "aggregation_method"),
                ("/metrics/aggregate", {**asked, "granularity": "fortnight"}, 422, "granularity"),
                ("/metrics/aggregate", {**asked, "end_time": asked["start_time"]}, 422, "end_time"),
                ("/metrics/aggregate", {**asked, "timezone": "Mars/Olympus"}, 422, "timezone"),
                ("/metrics/aggregate", {**asked, "granularity": "second", "fill": "zero"}, 422, "fill"),
                ("/metrics/values/query", {"metric_id": "load", "limit": 10_001}, 422, "limit"),
                ("/metrics/values/query", {"metric_id": "load", "offset": 1_000_000}, 422, "offset"),
                ("/metrics/trend", {"metric_id": "load"}, 422, "current_period_start")):
            status_got, answer, _ = self.node.call("POST", path, body, {"X-Tenant-ID": self.tenant})
            self.assertEqual(status_got, status, (path, str(body)[:200], answer))
            if field:
                self.assertIn(field, str(answer), (path, str(body)[:200], answer))
        for raw in (b'{"metric_id":"load","value":NaN}', b'{"metric_id":"load","value":1e999}', b'{"metric_id":"load","value":"\xff"}', b"[" * 10_000):
            self.assertIn(self.node.call("POST", "/metrics/values", raw, {"X-Tenant-ID": self.tenant})[0], (400, 422), raw[:40])
        self.assertEqual(self.ask("/metrics/values/query", {"metric_id": "load"}, self.tenant)["total"], 0)


class MetricAnswersOnPostgres(MetricAnswers):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.database = cls.postgres.url()

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()


unittest.main(verbosity=2)
