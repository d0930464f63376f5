"""/health/detailed says what is true: measured latencies, a store that is away, actors that fail.

Use: health_test.py BINARY
"""

import os
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Postgres  # noqa: E402
from node_test_case import NodeTest  # noqa: E402

EVENT = {"event_type": "a", "event_name": "b"}


class HealthTest(NodeTest):
    def health(self, until=lambda answer: True):
        """The first answer that `until` accepts; half a minute is more than anything here takes."""
        give_up = time.monotonic() + 30
        while True:
            status, answer, _ = self.node.call("GET", "/health/detailed")
            self.assertEqual(status, 200)
            if until(answer):
                return answer
            self.assertLess(time.monotonic(), give_up, answer)
            time.sleep(0.05)


class Health(HealthTest):
    def test_has_measured_latencies(self):
        self.ask("/events/track", EVENT)
        answer = self.health(lambda each: each["components"]["store"]["latency_ms"] is not None)
        self.assertEqual((answer["status"], answer["environment"]), ("healthy", "development"))
        for name in ("store", "actors"):
            self.assertEqual(answer["components"][name]["status"], "healthy")
            self.assertGreater(answer["components"][name]["latency_ms"], 0)
        self.assertGreaterEqual(answer["components"]["store"]["commits"], 1)
        self.assertEqual((answer["components"]["actors"]["failed_count"], answer["components"]["actors"]["failed"]), (0, []))

    def test_is_degraded_while_an_actor_cannot_be_started(self):
        self.ask("/events/track", EVENT, "acme")
        self.ask("/events/track", EVENT, "zeta")
        self.assertEqual(self.node.stop(), 0)
        store = sqlite3.connect(os.path.join(self.folder, "dotmac.db"))
        with store:
            damaged = store.execute("UPDATE journal SET payload = x'00' WHERE entity LIKE 'acme/events/%'").rowcount
            damaged += store.execute("UPDATE snapshots SET payload = x'00' WHERE entity LIKE 'acme/events/%'").rowcount
        store.close()
        self.assertGreater(damaged, 0)
        self.node.start()
        self.assertEqual(self.health()["status"], "healthy", "nobody has asked for it yet")
        self.assertGreaterEqual(self.node.call("POST", "/events/query", {}, {"X-Tenant-ID": "acme"})[0], 500)
        answer = self.health(lambda each: each["components"]["actors"]["status"] != "healthy")
        self.assertEqual((answer["status"], answer["components"]["actors"]["status"], answer["components"]["store"]["status"]), ("degraded", "degraded", "healthy"))
        self.assertTrue(any(each.endswith("/acme/events/0") for each in answer["components"]["actors"]["failed"]), answer)
        self.assertEqual(self.ask("/events/query", {}, "zeta")["total"], 1, "the others go on")


class HealthOnPostgres(HealthTest):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.database = cls.postgres.url()

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()

    def test_tells_of_a_store_that_is_away_though_nobody_writes(self):
        self.ask("/events/track", EVENT)
        self.health(lambda each: each["components"]["store"]["latency_ms"] is not None)
        self.postgres.kill()
        answer = self.health(lambda each: each["components"]["store"]["status"] == "unavailable")
        self.assertEqual(answer["status"], "unhealthy")
        self.assertTrue(answer["reason"])
        self.postgres.start()
        until = time.monotonic() + 30
        while self.node.call("POST", "/events/track", EVENT)[0] != 200:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)
        self.health(lambda each: each["status"] == "healthy")


unittest.main(verbosity=2)
