"""One tenant floods the node: the refusals fall on it alone, and what was acknowledged is there.

Use: flood_test.py BINARY
"""

import json
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import NodeTest  # noqa: E402

BATCH = json.dumps({"events": [{"event_type": "view", "event_name": "page", "user_id": f"u{n}", "properties": {"text": "x" * 400}} for n in range(2_000)]}).encode()


class Flood(NodeTest):
    # The least that the settings allow: one and a half of the flood's bodies fit.
    environment = {"TENANT_BYTES_IN_FLIGHT_MAX": str(2 * 1024 * 1024), "NODE_BYTES_IN_FLIGHT_MAX": str(64 * 1024 * 1024)}

    def flood(self, stop, counts):
        connection = self.node.connect()
        while not stop.is_set():
            status, answer, headers = self.node.call("POST", "/events/track/batch", BATCH, {"X-Tenant-ID": "flood"}, connection)
            with self.lock:
                counts[status] = counts.get(status, 0) + 1
                if status == 429:
                    self.assertIn("Retry-After", headers)
                    self.assertIn("the tenant flood has too much in flight", answer["detail"])

    def test_refusals_fall_on_the_flooding_tenant_alone(self):
        self.assertGreater(len(BATCH), 800_000)
        self.lock = threading.Lock()
        stop, counts = threading.Event(), {}
        floods = [threading.Thread(target=self.flood, args=(stop, counts)) for _ in range(12)]
        for each in floods:
            each.start()
        try:
            modest = 0
            while modest < 150 or (counts.get(429, 0) == 0 and modest < 5_000):
                self.ask("/events/track", {"event_type": "view", "event_name": "page", "user_id": "ann"}, "modest")
                modest += 1
        finally:
            stop.set()
            for each in floods:
                each.join()
        self.assertGreater(counts.get(429, 0), 0, counts)
        self.assertGreater(counts.get(200, 0), 0, counts)
        self.assertLessEqual(set(counts), {200, 429})
        for tenant, events in (("flood", counts[200] * 2_000), ("modest", modest)):
            self.assertEqual(self.node.call("GET", "/events/stats", None, {"X-Tenant-ID": tenant})[1]["event_count"], events)


unittest.main(verbosity=2)
