"""Answers shared through Redis: found again after a restart, never stale, and never missed by anybody when Redis is away, stuck or full of garbage.

Use: shared_result_test.py BINARY     DOTMAC_TEST_SEED
"""

import json
import os
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node  # noqa: E402
from node_test_case import BINARY, SEED, WHOLE, NodeTest  # noqa: E402
from redis_process import Redis  # noqa: E402

QUESTIONS = [
    ("/events/aggregate", {"granularity": "all", "dimensions": ["user.plan"], **WHOLE}),
    ("/events/aggregate", {"granularity": "all", "dimensions": ["event_type"], **WHOLE}),
    ("/events/funnel", {"funnel_steps": ["view", "buy"], **WHOLE}),
    ("/events/query", {"limit": 5, "columns": ["event_id", "user_id"]}),
]


def figures_of(node):
    text = node.call("GET", "/metrics")[1]
    return {line.split()[0]: float(line.split()[1]) for line in text.decode().splitlines() if line.startswith(("dotmac_result_cache_", "dotmac_shared_results_"))}


class SharedTest(NodeTest):
    def setUp(self):
        self.redis = Redis()
        self.environment = {"REDIS_URL": self.redis.url()}
        self.number = 0
        super().setUp()

    def tearDown(self):
        super().tearDown()
        self.redis.close()

    def shared(self, name):
        return figures_of(self.node)["dotmac_shared_results_" + (name if name == "up" else name + "_total")]

    def wait_for(self, is_true):
        """Half a minute is more than anything here takes."""
        give_up = time.monotonic() + 30
        while not is_true():
            self.assertLess(time.monotonic(), give_up, figures_of(self.node))
            time.sleep(0.02)

    def restart(self):
        self.node.kill()
        self.node.start()

    def track(self, count=1, kind="view", user="ann", node=None):
        events = []
        for _ in range(count):
            self.number += 1
            events.append({"event_type": kind, "event_name": kind, "event_id": f"e{self.number}", "user_id": user, "timestamp": f"2026-01-01T08:{self.number % 60:02}:00Z"})
        status, answer, _ = (node or self.node).call("POST", "/events/track/batch", {"events": events})
        self.assertEqual((status, answer["success_count"]), (200, count), answer)

    def restart_until_shared(self, wanted):
        """Redis may have been late, on a machine that is busy, and was left alone then: the next start asks it anew."""
        give_up = time.monotonic() + 60
        while True:
            self.wait_for(lambda: self.shared("kept") + self.shared("hits") == len(QUESTIONS) or self.shared("failures") > 0)
            self.restart()
            self.assertEqual(self.answers(), wanted)
            if self.shared("hits") == len(QUESTIONS):
                return
            self.assertLess(time.monotonic(), give_up, figures_of(self.node))

    def answers(self):
        return [self.ask(path, body) for path, body in QUESTIONS]

    def by_type(self):
        return {row["dimensions"]["event_type"]: row["event_count"] for row in self.ask(*QUESTIONS[1])["aggregates"]}


class Shared(SharedTest):
    def test_a_restarted_node_finds_its_answers_again_until_something_changes(self):
        self.track(50)
        self.track(10, "buy")
        first = self.answers()
        self.restart_until_shared(first)
        self.assertEqual(self.answers(), first, "from memory now")
        self.assertEqual(self.shared("hits"), len(QUESTIONS))
        self.track(1, "buy")
        self.restart()
        self.assertEqual(self.by_type(), {"view": 50, "buy": 11})
        self.assertEqual(self.shared("hits"), 0)

    def test_a_store_that_was_wiped_is_another_one(self):
        for count in (3, 4):
            self.track(count)
            self.assertEqual(self.by_type(), {"view": count})
            self.wait_for(lambda: self.shared("kept") == 1 or self.shared("failures") > 0)
            self.node.kill()
            shutil.rmtree(self.folder)
            os.mkdir(self.folder)
            self.node.start()
        self.track(5)
        self.assertEqual(self.by_type(), {"view": 5})

    def test_goes_on_without_redis_and_says_so_and_shares_again_when_it_is_back(self):
        self.track(5)
        self.assertEqual(self.by_type(), {"view": 5})
        self.redis.kill()
        for number in range(20):
            self.track()
            self.assertEqual(self.by_type(), {"view": 6 + number})
        self.assertEqual(self.shared("up"), 0)
        self.assertGreater(self.shared("not_asked"), 0)
        health = self.node.call("GET", "/health/detailed")[1]
        self.assertEqual(health["components"]["redis"]["status"], "degraded")
        self.assertEqual(self.node.call("GET", "/health/ready")[0], 200)
        self.redis.start()

        def is_back():
            self.track()
            self.by_type()
            return self.shared("up") == 1

        self.wait_for(is_back)
        self.assertEqual(self.node.call("GET", "/health/detailed")[1]["components"]["redis"]["status"], "healthy")

    def test_goes_on_beside_a_redis_that_is_stuck(self):
        self.track(5)
        self.by_type()
        self.redis.pause()
        for number in range(50):
            self.track()
            self.assertEqual(self.by_type(), {"view": 6 + number})
        self.assertGreater(self.shared("not_asked"), 0)
        self.redis.resume()

    def test_takes_no_garbage_for_an_answer(self):
        self.track(20)
        first = self.answers()
        self.restart_until_shared(first)
        names = self.redis.command("KEYS", "dotmac:answer:*")
        self.assertEqual(len(names), len(QUESTIONS))
        chance = random.Random(SEED)
        values = [self.redis.command("GET", name) for name in names]
        for kind in ("random", "bit", "short", "exchanged", "list"):
            for number, name in enumerate(names):
                value = bytearray(values[number])
                if kind == "random":
                    value = chance.randbytes(chance.randrange(1, 2_000))
                elif kind == "bit":
                    value[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
                elif kind == "short":
                    value = value[:chance.randrange(len(value))]
                elif kind == "exchanged":
                    value = values[number - 1]
                self.redis.command("DEL", name)
                if kind == "list":
                    self.redis.command("LPUSH", name, bytes(value))
                else:
                    self.redis.command("SET", name, bytes(value))
            self.restart()
            self.assertEqual(self.answers(), first, (SEED, kind))
            self.assertEqual(self.shared("hits"), 0, kind)
            if kind in ("random", "bit", "list") and self.shared("failures") == 0:
                self.assertEqual(self.shared("damaged"), len(names), (SEED, kind))
            self.wait_for(lambda: self.shared("kept") == len(names) or self.shared("failures") > 0)

    def test_never_stale_over_kills_of_node_and_redis(self):
        chance = random.Random(SEED)
        plain_folder = tempfile.mkdtemp(prefix="dotmac-server-")
        plain = Node(BINARY, plain_folder, LOG_LEVEL="warn", RESULT_CACHE_BYTES="0").start()
        try:
            hits = 0
            for step in range(200):
                what = chance.random()
                if what < 0.25:
                    before = self.number
                    kind, user, count = chance.choice(["view", "buy"]), f"u{chance.randrange(5)}", chance.randrange(1, 4)
                    self.track(count, kind, user)
                    self.number = before
                    self.track(count, kind, user, plain)
                elif what < 0.35:
                    body = {"profiles": [{"id": f"u{chance.randrange(5)}", "set": {"plan": chance.choice(["fiber", "dsl"])}}]}
                    for node in (self.node, plain):
                        self.assertEqual(node.call("POST", "/profiles/identify", body)[0], 200)
                elif what < 0.42:
                    hits += self.shared("hits")
                    self.restart()
                elif what < 0.44:
                    self.redis.kill()
                    self.redis.start()
                path, body = chance.choice(QUESTIONS)
                self.assertEqual(json.dumps(self.ask(path, body)), json.dumps(plain.call("POST", path, body)[1]), (SEED, step, path))
            self.assertGreater(hits + self.shared("hits") + figures_of(self.node)["dotmac_result_cache_hits_total"], 0, SEED)
        finally:
            plain.kill()
            shutil.rmtree(plain_folder, ignore_errors=True)


class Refused(unittest.TestCase):
    def test_a_wrong_address_is_told_at_the_start(self):
        folder = tempfile.mkdtemp(prefix="dotmac-server-")
        try:
            with self.assertRaisesRegex(RuntimeError, "the node ended"):
                Node(BINARY, folder, REDIS_URL="http://localhost").start()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main()
