"""Damage and loss in what is stored of events: each column of a full segment flipped, cut short or taken away, segments and snapshots too. Questions answer exactly as before
or with an error that names what is damaged, never anything else; what does not need it goes on; it is in the log, the figures and the health; events acknowledged
meanwhile are there afterwards, once.

Use: damage_test.py BINARY     DOTMAC_TEST_SEED
"""

import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node  # noqa: E402
from node_test_case import BINARY, SEED  # noqa: E402
from stored_events import COLUMNS, QUESTIONS, SEGMENT_ROWS, TIMES, ask, send  # noqa: E402

EVENTS = SEGMENT_ROWS + 6_000
ENTITY = "default/events/0"
# What each question cannot be answered without, of the columns that no other is about.
NEEDED = {"values of price": "properties.price", "values of plan": "properties.plan", "values of type": "event_type", "values of user": "user_id", "by plan": "properties.plan", "funnel": "user_id",
          "retention": "user_id", "total": "event_type", "by type": "properties.price"}
UNTOUCHED = {"properties.price": ["values of plan", "values of type", "values of user", "by plan", "by day", "funnel", "retention"], "properties.plan": ["values of price", "values of user", "by type", "funnel"],
             "user_id": ["values of price", "values of plan", "values of type", "by type"], "session_id": ["values of price", "values of user", "by type", "funnel", "retention"],
             "event_name": ["values of price", "by plan", "by type", "funnel"], "event_type": ["values of price", "values of user", "values of plan"], "received_at": ["by type", "funnel", "by plan"],
             "event_id": ["by day", "by plan", "by type", "funnel", "retention", "sessions", "paths", "values of price", "values of user"], "timestamp": []}


def flipped(payload, chance):
    at = chance.randrange(len(payload))
    return payload[:at] + bytes([payload[at] ^ (1 << chance.randrange(8))]) + payload[at + 1:]


def cut(payload, chance):
    return payload[:chance.randrange(len(payload))]


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Two snapshots: the older and the newer one share the full segment, and have a last one of their own."""
        print("seed", SEED, flush=True)
        cls.whole = tempfile.mkdtemp(prefix="dotmac-damage-")
        node = Node(BINARY, cls.whole, LOG_LEVEL="warn").start()
        try:
            send(node, EVENTS - 3_000, SEED)
            assert node.stop() == 0
            node.start()
            send(node, 3_000, SEED, EVENTS - 3_000)
            assert node.call("POST", "/events/track", {"event_type": "other", "event_name": "tenant"}, {"X-Tenant-ID": "zeta"})[0] == 200
            cls.wanted = {name: ask(node, name) for name in QUESTIONS}
            assert node.stop() == 0
        finally:
            if node.process.poll() is None:
                node.kill()
        for name, (status, answer) in cls.wanted.items():
            assert status == 200, (name, answer)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.whole, ignore_errors=True)

    def setUp(self):
        self.chance = random.Random(SEED)
        self.folder = tempfile.mkdtemp(prefix="dotmac-damage-")
        self.node = None
        self.take_whole()

    def take_whole(self):
        if self.node is not None and self.node.process is not None and self.node.process.poll() is None:
            self.node.kill()
        shutil.rmtree(self.folder)
        shutil.copytree(self.whole, self.folder, ignore=shutil.ignore_patterns("*.log"))
        self.node = Node(BINARY, self.folder, LOG_LEVEL="warn")

    def tearDown(self):
        if self.node.process is not None and self.node.process.poll() is None:
            self.node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def store(self, act):
        """The store behind the node's back, without its foreign keys."""
        store = sqlite3.connect(os.path.join(self.folder, "dotmac.db"))
        try:
            with store:
                return act(store)
        finally:
            store.close()

    def change(self, table, where, values, how):
        """`how` None: the row is taken away."""
        def act(store):
            if how is None:
                return store.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount
            rows = store.execute(f"SELECT rowid, payload FROM {table} WHERE {where}", values).fetchall()
            for row, payload in rows:
                store.execute(f"UPDATE {table} SET payload = ? WHERE rowid = ?", (how(payload, self.chance), row))
            return len(rows)
        self.assertEqual(self.store(act), 1)

    def full_segment(self):
        return self.store(lambda store: store.execute("SELECT min(number) FROM segments WHERE entity = ? AND row_count = ?", (ENTITY, SEGMENT_ROWS)).fetchone()[0])

    def newest(self):
        """The newest snapshot's number, and that of the segment that it alone has."""
        return self.store(lambda store: store.execute("SELECT seq, max(number) FROM segment_references WHERE entity = ?1 AND seq = (SELECT max(seq) FROM snapshots WHERE entity = ?1)", (ENTITY,)).fetchone())

    def log(self):
        with open(os.path.join(self.folder, "node.log"), encoding="utf-8") as file:
            return file.read()

    def health(self, component):
        return self.node.call("GET", "/health/detailed")[1]["components"][component]

    def check_questions(self, what):
        """Each answers exactly, or names what is damaged. Those that did not answer."""
        failed = set()
        for name in QUESTIONS:
            status, answer = ask(self.node, name)
            if status == 500:
                self.assertEqual(answer["code"], "corrupt_data", (name, answer))
                self.assertIn(what, answer["detail"], name)
                failed.add(name)
            else:
                self.assertEqual((status, answer), self.wanted[name], (name, what, SEED))
        return failed

    def track(self, count=5, with_ids=True):
        """The statuses of events sent, in a month that no question is about."""
        return [self.node.call("POST", "/events/track", {"event_type": "late", "event_name": "n", "timestamp": "2025-06-01T00:00:00Z", "properties": {"n": n}, **({"event_id": f"late-{n}"} if with_ids else {})})[0]
                for n in range(count)]

    def check_late(self, wanted):
        question = {"start_time": "2025-06-01T00:00:00Z", "end_time": "2025-06-02T00:00:00Z", "event_type": "late", "limit": 1}
        status, answer, _ = self.node.call("POST", "/events/query", question)
        self.assertEqual((status, answer.get("total")), (200, wanted), answer)

    def test_of_each_column_costs_the_questions_that_need_it_and_nothing_else(self):
        segment = self.full_segment()
        for part, column in enumerate(COLUMNS):
            for how in (flipped, cut, None) if column in ("user_id", "event_id") else (self.chance.choice((flipped, cut, None)),):
                with self.subTest(column=column, how=how and how.__name__):
                    self.take_whole()
                    self.change("segment_parts", "entity = ? AND number = ? AND part = ?", (ENTITY, segment, part), how)
                    self.node.start()
                    failed = self.check_questions(f"segment {segment} of {ENTITY}")
                    self.assertTrue({name for name, needs in NEEDED.items() if needs == column} <= failed, failed)
                    self.assertEqual(set(UNTOUCHED[column]) & failed, set())
                    if column != "event_id":
                        self.assertEqual(failed, self.check_questions(f"segment {segment} of {ENTITY}"), "the same again")
                    else:
                        question = {**TIMES, "limit": 1, "order": "oldest"}
                        self.assertEqual(self.node.call("POST", "/events/query", question)[0], 500)
                    self.check_told(segment, column)
                    self.check_other_events(column)

    def check_told(self, segment, column):
        named = f"{column if '.' not in column else 'property'}"
        health = self.health("event_cache")
        self.assertEqual((health["status"], health["damaged_count"]), ("degraded", 1), health)
        self.assertRegex(health["damaged"][0], rf"column .*{named}.* of segment {segment} of {ENTITY}")
        self.assertEqual(self.node.call("GET", "/health/detailed")[1]["status"], "degraded")
        self.assertRegex(self.node.call("GET", "/metrics")[1].decode(), r"(?m)^dotmac_event_cache_damaged_columns 1$")
        told = len(re.findall(rf"damaged: .*segment {segment} of {ENTITY}", self.log()))
        if column == "event_id":
            self.assertGreater(told, 0, "by each attempt to start from it")
        else:
            self.assertEqual(told, 1, "once, however often it is asked for")

    def check_other_events(self, column):
        """What is taken is kept; where nobody can tell whether an id was here before, events with one are refused."""
        with_ids = 500 if column == "event_id" else 200
        self.assertEqual(self.track(with_ids=True), [with_ids] * 5)
        self.assertEqual(self.track(with_ids=False), [200] * 5)
        self.node.kill()
        self.node.start()
        self.check_late(5 if column == "event_id" else 10)
        self.assertEqual(self.node.call("POST", "/events/query", {"limit": 1}, {"X-Tenant-ID": "zeta"})[1]["total"], 1)

    def test_of_a_part_is_seen_in_the_stats_before_anybody_needs_it(self):
        segment = self.full_segment()
        part = COLUMNS.index("properties.price")
        self.change("segment_parts", "entity = ? AND number = ? AND part = ?", (ENTITY, segment, part), None)
        self.node.start()
        storage = self.node.call("GET", "/events/stats")[1]["storage"]
        self.assertEqual(storage["missing_parts"], 1)
        self.assertEqual(storage["stored_rows"], EVENTS)

    def test_of_the_newest_snapshot_is_passed_over_for_the_older_one_and_its_journal(self):
        sequence, last = self.newest()
        damages = [("snapshots", "entity = ? AND seq = ?", (ENTITY, sequence)), ("segments", "entity = ? AND number = ?", (ENTITY, last))]
        damages += [("segment_parts", "entity = ? AND number = ? AND part = ?", (ENTITY, last, part)) for part in range(len(COLUMNS))]
        for table, where, values in damages:
            how = self.chance.choice((flipped, cut, None)) if table != "snapshots" else self.chance.choice((flipped, cut))
            with self.subTest(table=table, values=values, how=how and how.__name__):
                self.take_whole()
                self.change(table, where, values, how)
                self.node.start()
                self.assertEqual(self.check_questions("nothing"), set())
                self.assertIn(f"{ENTITY} snapshot_damaged", self.log())
                self.assertEqual(self.track(), [200] * 5)
                self.assertEqual(self.node.stop(), 0)  # it writes a new one
                self.node.start()
                self.assertEqual(self.check_questions("nothing"), set())
                self.check_late(5)
                self.assertEqual(self.log().count(f"{ENTITY} snapshot_damaged"), 1, "the damaged one is gone")

    def test_of_a_full_segment_takes_its_partition_away_until_it_is_whole_again(self):
        segment = self.full_segment()
        for how in (flipped, cut, None):
            with self.subTest(how=how and how.__name__):
                self.take_whole()
                kept = self.store(lambda store: store.execute("SELECT * FROM segments WHERE entity = ? AND number = ?", (ENTITY, segment)).fetchone())
                self.change("segments", "entity = ? AND number = ?", (ENTITY, segment), how)
                self.node.start()
                self.assertEqual(self.check_questions(f"segment {segment} of {ENTITY}"), set(QUESTIONS))
                self.assertEqual(self.track(with_ids=False), [500] * 5)
                self.assertEqual(self.node.call("POST", "/events/query", {"limit": 1}, {"X-Tenant-ID": "zeta"})[1]["total"], 1)
                health = self.health("actors")
                self.assertEqual((health["status"], health["failed_count"]), ("degraded", 1), health)
                self.assertIn(f"{ENTITY} recovery_failed", self.log())
                self.node.kill()
                self.store(lambda store: store.execute("INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?)", kept))
                self.node.start()
                self.assertEqual(self.check_questions("nothing"), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
