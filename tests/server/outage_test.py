"""The store dies, comes back, is taken over, is damaged: what the real program says, refuses and does then.

Use: outage_test.py BINARY
"""

import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node, Postgres  # noqa: E402
from node_test_case import BINARY, NodeTest  # noqa: E402

EVENT = {"event_type": "view", "event_name": "a"}


def wait_until(holds, what, within=60):
    until = time.monotonic() + within
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(what)
        time.sleep(0.05)


def read_log(folder):
    with open(folder + "/node.log", encoding="utf-8") as log:
        return log.read()


class OnPostgres(NodeTest):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.database = cls.postgres.url()

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()

    def ready(self):
        return self.node.call("GET", "/health/ready")[0]

    def read(self):
        return self.node.call("POST", "/events/query", {}, {"X-Tenant-ID": "acme"})[0]

    def test_readiness_tells_of_a_dead_and_a_returned_store_without_a_single_write(self):
        self.assertEqual(self.ready(), 200)
        self.postgres.kill()
        wait_until(lambda: self.ready() == 503, "readiness does not tell that the store is dead")
        self.assertEqual(self.node.call("GET", "/health/detailed")[1]["components"]["store"]["status"], "unavailable")
        self.postgres.start()
        wait_until(lambda: self.ready() == 200, "readiness does not tell that the store is back")
        self.assertEqual(self.node.call("GET", "/health/detailed")[1]["components"]["store"]["status"], "healthy")

    def test_readiness_comes_back_after_a_refused_write_though_no_other_write_comes(self):
        self.ask("/events/track", EVENT, "acme")
        self.postgres.kill()
        self.ask("/events/track", EVENT, "acme", wanted=503)
        self.assertEqual(self.ready(), 503)
        self.postgres.start()
        wait_until(lambda: self.ready() == 200, "readiness does not come back")

    def test_an_outage_shows_clients_nothing_of_the_database_and_the_log_everything_in_single_lines(self):
        self.ask("/events/track", EVENT, "acme")
        self.postgres.kill()
        wait_until(lambda: self.ready() == 503, "readiness does not tell that the store is dead")
        try:
            for answer in (self.ask("/events/track", EVENT, "acme", wanted=503), self.ask("/events/track", EVENT, "never-seen", wanted=503),
                           self.node.call("GET", "/health/ready")[1], self.node.call("GET", "/health/detailed")[1]):
                text = json.dumps(answer)
                for secret in (str(self.postgres.port), "127.0.0.1", "onnection", "postgres"):
                    self.assertNotIn(secret, text)
        finally:
            self.postgres.start()
        wait_until(lambda: self.ready() == 200, "readiness does not come back")
        log = read_log(self.folder)
        self.assertIn(str(self.postgres.port), log)
        self.assertIn("the store takes writes again", log)
        for line in log.splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error|critical) ")

    def test_reads_end_with_the_leases_and_come_back_with_the_store_without_a_restart(self):
        self.ask("/events/track", {**EVENT, "event_id": "kept"}, "acme")
        self.postgres.kill()
        self.assertEqual(self.read(), 200)
        wait_until(lambda: self.read() == 503, "reads go on though another node may have taken over by now")
        self.postgres.start()
        wait_until(lambda: (self.read(), self.ready()) == (200, 200), "reads do not come back")
        wait_until(lambda: self.node.call("POST", "/events/track", EVENT, {"X-Tenant-ID": "acme"})[0] == 200, "writes do not come back")
        self.assertIsNone(self.node.process.poll())

    def test_a_node_that_another_took_over_from_answers_nothing_any_more_and_ends(self):
        self.ask("/events/track", {**EVENT, "event_id": "first"}, "acme")
        folder = tempfile.mkdtemp(prefix="dotmac-second-")
        self.addCleanup(shutil.rmtree, folder, True)
        other = Node(BINARY, folder, self.database, LOG_LEVEL="warn")
        self.node.process.send_signal(signal.SIGSTOP)
        try:
            other.start()  # when the leases of the stopped one have run out
            self.assertEqual(other.call("POST", "/events/track", {**EVENT, "event_id": "second"}, {"X-Tenant-ID": "acme"})[0], 200)
            asked = self.node.connect()
            asked.request("POST", "/events/query", b"{}", {"X-Tenant-ID": "acme"})
            self.node.process.send_signal(signal.SIGCONT)
            try:
                answer = asked.getresponse()
                self.assertEqual((answer.status, json.loads(answer.read())["code"] in ("ownership_lost", "draining")), (503, True))
            except (http.client.HTTPException, OSError):
                pass  # it ended before it read the question
            self.assertEqual(self.node.process.wait(60), 3)
            self.assertRegex(read_log(self.folder), "critical .*256 of 256 shards are owned by another node now")
            found = other.call("POST", "/events/query", {}, {"X-Tenant-ID": "acme"})[1]
            self.assertEqual({each["event_id"] for each in found["events"]} & {"first", "second"}, {"first", "second"})
        finally:
            self.node.process.send_signal(signal.SIGCONT)
            other.kill()

    def test_the_schema_is_not_taken_back_while_a_node_runs(self):
        self.ask("/events/track", EVENT, "acme")
        ended = subprocess.run([BINARY, "migrate", "down"], env=dict(os.environ, DATABASE_URL=self.database), capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn("uses this store", ended.stderr)
        self.ask("/events/track", EVENT, "acme")


class OnAFile(NodeTest):
    environment = {"SNAPSHOT_ENTRIES": "10"}

    def sqlite(self, *statements):
        with sqlite3.connect(self.folder + "/dotmac.db") as file:
            for each in statements:
                file.execute(each)
        file.close()

    def test_the_schema_is_not_taken_back_while_a_node_runs(self):
        environment = dict(os.environ, DATA_DIR=self.folder)
        environment.pop("DATABASE_URL", None)
        down = lambda: subprocess.run([BINARY, "migrate", "down"], env=environment, capture_output=True, text=True, timeout=60)  # noqa: E731
        ended = down()
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn("another process uses the store", ended.stderr)
        self.ask("/events/track", EVENT, "acme")
        self.assertEqual(self.node.stop(), 0)
        self.assertEqual(down().returncode, 0)

    def write_and_stop(self, count):
        for number in range(count):
            self.ask("/events/track", {**EVENT, "event_id": f"e{number}"}, "acme")
        self.assertEqual(self.node.stop(), 0)

    def test_a_lost_segment_costs_nothing_while_an_older_snapshot_and_its_journal_are_there(self):
        self.write_and_stop(35)
        self.sqlite("DELETE FROM segments WHERE number = (SELECT max(number) FROM segments)")
        self.node.start()
        self.assertEqual(self.ask("/events/query", {"limit": 1000}, "acme")["total"], 35)
        self.assertRegex(read_log(self.folder), "snapshot_damaged snapshot 35 of acme/events/0: segment")
        self.write_and_stop(60)
        self.node.start()
        self.assertEqual(self.ask("/events/query", {"limit": 1000}, "acme")["total"], 60)

    def test_a_store_that_lost_every_segment_says_so_and_never_404(self):
        self.write_and_stop(35)
        self.sqlite("DELETE FROM segments")
        self.node.start()
        status, answer, _ = self.node.call("POST", "/events/query", {}, {"X-Tenant-ID": "acme"})
        self.assertIn((status, answer["code"]), ((500, "corrupt_data"), (503, "actor_unavailable")))


unittest.main(verbosity=2)
