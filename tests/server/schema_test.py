"""Schemas and regular expressions that a user may send, good and evil, on the real program.

Use: schema_test.py PROGRAM
"""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from node_test_case import NodeTest  # noqa: E402


class Schemas(NodeTest):
    def post(self, path, body, headers=None):
        return self.node.call("POST", path, body, headers)[:2]

    def define(self, name, definition, mode="reject"):
        return self.post("/events/schema", {"event_type": "t", "event_name": name, "schema_definition": definition, "mode": mode})

    def track(self, name, properties):
        return self.post("/events/track", {"event_type": "t", "event_name": name, "properties": properties})

    def test_refuse_what_means_nothing_and_go_on(self):
        for definition in [{"type": "objekt"}, {"required": 5}, {"properties": 5}, {"minLength": -1}, {"multipleOf": 0}, {"pattern": "("}, {"requierd": ["a"]},
                           {"$ref": "#/nope"}, {"$ref": "#"}, {"allOf": [{"$ref": "#"}]}, {"$ref": "http://elsewhere/"}, "text", 7, []]:
            status, body = self.define("bad", definition)
            self.assertEqual(status, 422, definition)
            self.assertIn("schema_definition", json.dumps(body), definition)
        self.assertEqual(self.track("bad", {})[0], 200)

    def test_slow_expressions_and_schemas_do_not_stop_the_node(self):
        self.assertEqual(self.define("slow", {"properties": {"a": {"pattern": "^(a+)+$"}, "b": {"pattern": "^(a|b)*$"}}})[0], 200)
        self.assertEqual(self.track("slow", {"a": "a" * 60_000 + "!"})[0], 422)
        self.assertEqual(self.track("slow", {"b": "ab" * 30_000})[0], 200)
        doubling = {"$ref": "#/$defs/d0", "$defs": {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(50)} | {"d50": {}}}
        self.assertEqual(self.define("wide", doubling)[0], 200)
        status, body = self.track("wide", {})
        self.assertEqual(status, 422)
        self.assertIn("schema_steps_max", json.dumps(body))

    def test_survive_a_restart(self):
        self.assertEqual(self.define("kept", {"required": ["plan"]})[0], 200)
        self.node.kill()
        self.node.start()
        self.assertEqual(self.track("kept", {})[0], 422)
        self.assertEqual(self.track("kept", {"plan": "fiber"})[0], 200)

    def test_filters_refuse_expressions_that_cannot_be_used(self):
        self.post("/events/track", {"event_type": "r", "event_name": "r", "properties": {"x": "a" * 1_000 + "needle"}})
        for expression in ["(ab)\\1", "(", "(?=a)", "a" * 201]:
            for path, more in [("/events/query", {}), ("/events/aggregate", {"granularity": "day", "start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"})]:
                status, body = self.post(path, {"filters": {"x": {"regex": expression}}} | more)
                self.assertEqual(status, 422, expression)
                self.assertIn("filters", json.dumps(body))
        self.assertEqual(self.post("/events/query", {"filters": {"x": {"regex": "needle$"}}})[1]["total"], 1)

    def test_events_with_too_many_property_names_are_refused_alone(self):
        def event(i):
            return {"event_type": "k", "event_name": "k", "properties": {f"key {i} {j}": 1 for j in range(100)}}
        headers = {"X-Tenant-ID": "names"}
        status, body = self.post("/events/track/batch", {"events": [event(i) for i in range(101)] + [{"event_type": "k", "event_name": "none"}]}, headers)
        self.assertEqual((status, body["status"], body["success_count"], body["error_count"]), (200, "partial_success", 101, 1))
        self.assertEqual(body["errors"][0]["index"], 100)
        self.assertIn("property_keys_max = 10000", body["errors"][0]["detail"])
        status, body = self.post("/events/track", event(200), headers)
        self.assertEqual(status, 422)
        self.assertIn("property_keys_max", json.dumps(body))
        self.assertEqual(self.node.call("GET", "/events/stats", None, headers)[1]["event_count"], 101)


unittest.main(verbosity=2)
