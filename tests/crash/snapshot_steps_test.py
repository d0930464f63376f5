"""Kills a node at every step of the writing of a snapshot: before the segments, between parts, between segments and snapshot, before what is old has gone, and in the middle of each
transaction. After each the events are there as before, questions answer the same, and the event whose entry caused the snapshot is there once.

Use: snapshot_steps_test.py BINARY LIBRARY     the library is that of die_at_write.cpp. DOTMAC_TEST_SEED
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
LIBRARY = sys.argv.pop(2)
from node_process import Node  # noqa: E402
from node_test_case import BINARY, SEED  # noqa: E402
from stored_events import QUESTIONS, SEGMENT_ROWS, ask, send  # noqa: E402

FIRST, SECOND, EVENTS = 60_000, 1_000, SEGMENT_ROWS + 3_000
NO_SNAPSHOTS = {"SNAPSHOT_ENTRIES": "100000000", "SNAPSHOT_BYTES": str(1 << 36)}
LATE = {"event_type": "late", "event_name": "n", "event_id": "late", "timestamp": "2025-06-01T00:00:00Z"}
ASKED = ("by day", "by plan", "by type", "total", "funnel", "values of user", "values of price")


class SnapshotSteps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Two snapshots, and so much in the journal behind them that the third one writes a full segment, and drops the oldest."""
        print("seed", SEED, flush=True)
        cls.whole = tempfile.mkdtemp(prefix="dotmac-steps-")
        node = Node(BINARY, cls.whole, LOG_LEVEL="warn", **NO_SNAPSHOTS)
        try:
            for first, count in ((0, FIRST), (FIRST, SECOND)):
                node.start()
                send(node, count, SEED + first, first)
                assert node.stop() == 0
            node.start()
            send(node, EVENTS - FIRST - SECOND, SEED, FIRST + SECOND)
            cls.wanted = {name: ask(node, name) for name in ASKED}
            node.kill()
        finally:
            if node.process.poll() is None:
                node.kill()
        for name, (status, answer) in cls.wanted.items():
            assert status == 200, (name, answer)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.whole, ignore_errors=True)

    def setUp(self):
        self.folder, self.node = tempfile.mkdtemp(prefix="dotmac-steps-"), None

    def tearDown(self):
        if self.node is not None and self.node.process.poll() is None:
            self.node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def write_snapshot(self, die_at):
        """Whether the event was acknowledged; the number of writes at each sync; whether the node was killed by them."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.whole, self.folder)
        count = os.path.join(self.folder, "count")
        self.node = Node(BINARY, self.folder, LOG_LEVEL="info", SNAPSHOT_ENTRIES="1", LD_PRELOAD=LIBRARY, DIE_COUNT=count, DIE_AT=str(die_at)).start()
        self.assertEqual(ask(self.node, "total"), self.wanted["total"])
        open(count, "x", encoding="ascii").close()
        try:
            is_acknowledged = self.node.call("POST", "/events/track", LATE)[0] == 200
        except OSError:
            is_acknowledged = False
        until = time.monotonic() + 60
        while self.node.process.poll() is None and not self.has_written() and time.monotonic() < until:
            time.sleep(0.02)
        if self.node.process.poll() is None:
            self.assertTrue(self.has_written(), "the snapshot was not written")
        with open(count, encoding="ascii") as file:
            syncs = [int(line) for line in file]
        was_killed = self.node.process.poll() == -signal.SIGKILL
        if not was_killed:
            self.node.kill()
        return is_acknowledged, syncs, was_killed

    def has_written(self):
        with open(os.path.join(self.folder, "node.log"), encoding="utf-8") as file:
            return "default/events/0 snapshot_written" in file.read()

    def check(self, is_acknowledged):
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn", **NO_SNAPSHOTS).start()
        for name in ASKED:
            self.assertEqual(ask(self.node, name), self.wanted[name], name)
        there = self.node.call("GET", "/events/stats")[1]["event_count"] - EVENTS
        self.assertIn(there, (1,) if is_acknowledged else (0, 1))
        status, answer, _ = self.node.call("POST", "/events/track", LATE)
        self.assertEqual((status, answer.get("duplicates", 0)), (200, there), answer)
        self.assertEqual(self.node.stop(), 0)  # it writes another one, over whatever was left
        self.node.start()
        stats = self.node.call("GET", "/events/stats")[1]
        self.assertEqual((stats["event_count"], stats["storage"]["stored_rows"], stats["storage"]["missing_parts"]), (EVENTS + 1, EVENTS + 1, 0))
        for name in ASKED:
            self.assertEqual(ask(self.node, name), self.wanted[name], name)
        with open(os.path.join(self.folder, "node.log"), encoding="utf-8") as file:
            self.assertNotIn("damaged", file.read())
        self.node.kill()

    def test_a_kill_at_any_loses_and_doubles_nothing(self):
        is_acknowledged, syncs, was_killed = self.write_snapshot(0)
        self.assertEqual((is_acknowledged, was_killed), (True, False))
        self.check(True)
        steps = sorted(set(syncs))
        self.assertGreater(len(steps), 4, "the journal's commit, the segments in pieces, the snapshot, what goes")
        chance, killed = random.Random(SEED), 0
        for before, after in zip([0] + steps, steps):
            for die_at in {before + 1, chance.randrange(before + 1, after + 1), after}:
                with self.subTest(die_at=die_at, of=steps[-1]):
                    is_acknowledged, _, was_killed = self.write_snapshot(die_at)
                    killed += was_killed
                    self.check(is_acknowledged)
        print(f"{len(steps)} steps, {killed} kills", flush=True)
        self.assertGreater(killed, len(steps))


if __name__ == "__main__":
    unittest.main(verbosity=2)
