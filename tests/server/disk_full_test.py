"""A disk that is full, as a limit on the size of files makes it: writes are refused and nothing else, nothing acknowledged is lost, and no
restart is needed when there is room again.

Use: disk_full_test.py BINARY
"""

import base64
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import NodeTest  # noqa: E402

import unittest  # noqa: E402

EVENT_BYTES = 24_000  # does not compress
SNAPSHOT_ENTRIES = 10


class FullDisk(NodeTest):
    environment = {"SNAPSHOT_ENTRIES": str(SNAPSHOT_ENTRIES), "LOG_LEVEL": "info"}

    def setUp(self):
        super().setUp()
        self.acknowledged, self.refused, self.number = set(), set(), 0

    def limit_files(self, room):
        """No file may be longer than the longest of the store's is now, and `room`; None: no limit."""
        longest = max(os.path.getsize(os.path.join(self.folder, each)) for each in os.listdir(self.folder) if each.startswith("dotmac.db"))
        soft = resource.RLIM_INFINITY if room is None else longest + room
        resource.prlimit(self.node.process.pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    def track(self, identifier=None):
        identifier = identifier or f"e{self.number}"
        self.number += 1
        noise = base64.b64encode(os.urandom(EVENT_BYTES * 3 // 4)).decode()
        body = {"event_type": "view", "event_name": "a", "event_id": identifier, "properties": {"parts": [noise[i:i + 1_000] for i in range(0, len(noise), 1_000)]}}
        status, answer, headers = self.node.call("POST", "/events/track", body, {"X-Tenant-ID": "acme"})
        self.assertIn(status, (200, 503), answer)
        if status == 503:
            self.assertIn("Retry-After", headers)
            self.assertNotIn("sqlite", answer["detail"])
            self.refused.add(identifier)
        else:
            self.acknowledged.add(identifier)
        return status

    def log(self):
        with open(self.folder + "/node.log", encoding="utf-8") as log:
            return log.read()

    def wait_until(self, holds, what):
        until = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), until, what + "\n" + self.log()[-3000:])
            time.sleep(0.1)

    def check(self):
        found = [each["event_id"] for each in self.ask("/events/query", {"limit": 1000}, "acme")["events"]]
        self.assertEqual(len(found), len(set(found)), "an event is there twice")
        self.assertEqual(self.acknowledged - set(found), set(), "acknowledged events are lost")
        self.assertEqual(set(found) - self.acknowledged - self.refused, set())

    def recover(self):
        self.limit_files(None)
        self.wait_until(lambda: self.track() == 200, "writes do not come back")
        self.wait_until(lambda: self.node.call("GET", "/health/ready")[0] == 200, "the node does not get ready again")
        for identifier in sorted(self.refused):
            self.track(identifier)
        self.assertEqual(self.refused - self.acknowledged, set())
        self.check()
        self.node.kill()
        self.node.start()
        self.check()

    def test_refuses_writes_and_nothing_else_and_needs_no_restart_when_there_is_room_again(self):
        for _ in range(5):
            self.assertEqual(self.track(), 200)
        self.limit_files(room=3 * EVENT_BYTES)
        self.wait_until(lambda: self.track() == 503, "the disk does not get full")
        self.wait_until(lambda: self.node.call("GET", "/health/ready")[0] == 503, "the node says it is ready")
        for _ in range(20):
            self.track()
            self.check()  # reads go on
        self.assertGreater(len(self.refused), 5)
        self.recover()

    def test_that_fills_up_under_a_snapshot_loses_nothing_and_the_snapshot_is_written_when_there_is_room_again(self):
        while len(self.acknowledged) < SNAPSHOT_ENTRIES - 1:
            self.assertEqual(self.track(), 200)
        self.limit_files(room=3 * EVENT_BYTES)
        self.assertEqual(self.track(), 200)  # the entry fits, the snapshot that it brings about does not
        self.wait_until(lambda: "acme/events/0 snapshot_failed" in self.log(), "no snapshot failed")
        self.check()
        self.limit_files(None)
        self.wait_until(lambda: "acme/events/0 snapshot_written" in self.log(), "the snapshot is not tried again")
        self.recover()


unittest.main(verbosity=2)
