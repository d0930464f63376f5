"""Limits of questions and definitions, each reached and passed through the socket: what is at the limit is served, what is one past it is refused
by the name of the limit or its value, and nothing else changes.

Use: limit_test.py BINARY
"""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import WHOLE, NodeTest  # noqa: E402


class Limits(NodeTest):
    def setUp(self):
        super().setUp()
        self.ask("/events/track", {"event_type": "a", "event_name": "b", "user_id": "ann", "properties": {"n": 1, "plan": "fiber"}})
        self.ask("/metrics/", {"name": "load", "display_name": "load", "metric_type": "gauge"})

    def check(self, path, at_limit, past_it, told, status=422):
        self.ask(path, at_limit)
        answer = self.ask(path, past_it, wanted=status)
        self.assertIn(told, json.dumps(answer), answer)

    def test_of_conditions(self):
        def spread(count):
            return {"filters": {"or": [{"n": i} for i in range(count)]}}

        def nested(depth):
            inner = {"n": 1}
            for _ in range(depth):
                inner = {"not": inner}
            return {"filters": inner}
        for path, more in (("/events/query", {}), ("/events/aggregate", {"granularity": "all", **WHOLE})):
            self.check(path, {**spread(255), **more}, {**spread(256), **more}, "256")
            self.check(path, {**nested(15), **more}, {**nested(16), **more}, "16")
            self.check(path, {"filters": {"n": {"in": list(range(10_000))}}, **more}, {"filters": {"n": {"in": list(range(10_001))}}, **more}, "10000")
            self.check(path, {"filters": {"plan": {"regex": "f" * 200}}, **more}, {"filters": {"plan": {"regex": "f" * 201}}, **more}, "200")
        self.assertEqual(self.ask("/events/query", {**spread(255)})["total"], 1)
        self.assertEqual(self.ask("/events/query", {**nested(14)})["total"], 1)
        self.assertEqual(self.ask("/events/query", {**nested(15)})["total"], 0)

    def test_of_pages(self):
        self.check("/events/query", {"limit": 1_000}, {"limit": 1_001}, "1000")
        self.check("/events/query", {"limit": 1, "offset": 999_999}, {"limit": 1, "offset": 1_000_000}, "1000000")
        self.check("/metrics/values/query", {"metric_id": "load", "limit": 10_000}, {"metric_id": "load", "limit": 10_001}, "10000")
        self.check("/metrics/values/query", {"metric_id": "load", "limit": 1, "offset": 999_999}, {"metric_id": "load", "limit": 1, "offset": 1_000_000}, "1000000")

    def test_of_groups_and_steps(self):
        self.check("/events/aggregate", {"granularity": "all", "dimensions": ["n", "plan", "user_id"], **WHOLE}, {"granularity": "all", "dimensions": ["n", "plan", "user_id", "source"], **WHOLE}, "3")
        self.check("/events/funnel", {"funnel_steps": ["b"] * 32, **WHOLE}, {"funnel_steps": ["b"] * 33, **WHOLE}, "32")
        self.check("/events/funnel", {"funnel_steps": ["b"], "users_limit": 10_000, **WHOLE}, {"funnel_steps": ["b"], "users_limit": 10_001, **WHOLE}, "10000")
        self.check("/events/funnel", {"funnel_steps": ["b"], "dimensions": ["n", "plan", "source"], **WHOLE}, {"funnel_steps": ["b"], "dimensions": ["n", "plan", "source", "user_id"], **WHOLE}, "3")

    def test_of_answers(self):
        """A hundred thousand and one values of a property: as many groups as an answer may have, and one more."""
        for first in range(0, 100_000, 10_000):
            self.ask("/events/track/batch", [{"event_type": "many", "event_name": "group", "user_id": "u", "properties": {"k": f"v{i}"}} for i in range(first, first + 10_000)])
        asked = {"granularity": "all", "event_type": "many", "dimensions": ["k"], **WHOLE}
        steps = {"funnel_steps": ["group"], "user_id_field": "user_id", "dimensions": ["k"], **WHOLE}
        self.assertEqual(len(self.ask("/events/aggregate", asked)["aggregates"]), 100_000)
        self.ask("/events/track", {"event_type": "many", "event_name": "group", "user_id": "u", "properties": {"k": "one more"}})
        answer = self.ask("/events/aggregate", asked, wanted=422)
        self.assertEqual(answer["code"], "query_too_large")
        self.assertIn("100000", json.dumps(answer))
        self.ask("/events/funnel", steps)
        # Empty buckets count too: three and a third years of minutes are too many, a part of it is not.
        empty = {"granularity": "minute", "fill": "zero", "event_name": "b", "start_time": "2020-01-01T00:00:00Z"}
        self.assertEqual(len(self.ask("/events/aggregate", {**empty, "end_time": "2020-03-10T10:40:00Z"})["aggregates"]), 100_000)
        self.assertEqual(self.ask("/events/aggregate", {**empty, "end_time": "2020-03-10T10:41:00Z"}, wanted=422)["code"], "query_too_large")

    def test_of_values_and_definitions(self):
        value = {"metric_id": "load", "value": 1}
        self.check("/metrics/values", {**value, "dimensions": {f"d{i}": "x" for i in range(32)}}, {**value, "dimensions": {f"d{i}": "x" for i in range(33)}}, "32")
        self.check("/metrics/values", {**value, "dimensions": {"d": "x" * 256}}, {**value, "dimensions": {"d": "x" * 257}}, "256")
        self.check("/metrics/values", {**value, "dimensions": {"d" * 256: "x"}}, {**value, "dimensions": {"d" * 257: "x"}}, "256")
        self.check("/metrics/values", {"values": [value] * 10_000}, {"values": [value] * 10_001}, "10000")
        self.check("/metrics/", {"name": "n" * 200, "display_name": "x", "metric_type": "gauge"}, {"name": "m" * 201, "display_name": "x", "metric_type": "gauge"}, "200")

    def test_of_events(self):
        def with_properties(count):
            return {"event_type": "a", "event_name": "b", "properties": {f"p{i}": 1 for i in range(count // 2)}, "context": {f"p{i}": 1 for i in range(count - count // 2)}}
        event = {"event_type": "a", "event_name": "b"}
        self.check("/events/track", with_properties(256), with_properties(257), "256")
        self.check("/events/track", {**event, "properties": {"k" * 128: 1}}, {**event, "properties": {"k" * 129: 1}}, "128")
        self.check("/events/track", {**event, "properties": {"k": "x" * 65_536}}, {**event, "properties": {"k": "x" * 65_537}}, "65536")
        self.check("/events/track", {**event, "user_id": "u" * 256}, {**event, "user_id": "u" * 257}, "256")
        self.check("/events/track", {"event_type": "ä" * 50, "event_name": "ü" * 200}, {"event_type": "ä" * 51, "event_name": "b"}, "50")
        self.check("/events/track", event, {"event_type": "a", "event_name": "ü" * 201}, "200")

    def test_of_what_a_tenant_may_define(self):
        for i in range(1_000):
            self.ask("/admin/api-keys", {"label": f"key {i}", "scopes": ["read"]}, "many")
        answer = self.ask("/admin/api-keys", {"label": "one more", "scopes": ["read"]}, "many", wanted=422)
        self.assertIn("1000", json.dumps(answer))
        self.ask("/admin/api-keys", {"label": "of another tenant", "scopes": ["read"]}, "few")
        status, listed, _ = self.node.call("GET", "/admin/api-keys?limit=1000", None, {"X-Tenant-ID": "many"})
        self.assertEqual((status, listed["total"]), (200, 1_000))
        key = listed["api_keys"][0]["key_id"]
        self.assertEqual(self.node.call("DELETE", "/admin/api-keys/" + key, None, {"X-Tenant-ID": "many"})[0], 200)
        self.ask("/admin/api-keys", {"label": "in its place", "scopes": ["read"]}, "many")

        def schema(size):
            text = {"event_type": "a", "event_name": f"s{size}", "version": "1", "mode": "flag", "schema_definition": {"required": [], "optional": [], "description": ""}}
            text["schema_definition"] = {"type": "object", "description": "x" * (size - len('{"description":"","type":"object"}'))}
            return text
        self.check("/events/schema", schema(65_536), schema(65_537), "65536")


if __name__ == "__main__":
    unittest.main()
