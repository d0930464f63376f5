"""Answers that are kept: a question asked again is not computed again, and nothing that changes an answer leaves an old one behind.

Use: result_cache_test.py BINARY     DOTMAC_TEST_SEED
"""

import itertools
import json
import os
import random
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node  # noqa: E402
from node_test_case import BINARY, SEED, WHOLE, NodeTest  # noqa: E402

STEPS = ["view", "cart", "buy"]


def figures_of(node):
    text = node.call("GET", "/metrics")[1]
    return {line.split()[0]: float(line.split()[1]) for line in text.decode().splitlines() if line.startswith("dotmac_result_cache_")}


def raw_answer(node, path, body, tenant="default"):
    """The bytes of the answer, as the client gets them."""
    connection = node.connect()
    connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body).encode(), {"X-Tenant-ID": tenant})
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    assert answer.status == 200, (path, body, answer.status, raw)
    return raw


QUESTIONS = [
    ("/events/aggregate", {"granularity": "all", "dimensions": ["user.plan"], **WHOLE}),
    ("/events/aggregate", {"granularity": "day", "dimensions": ["event_type"], **WHOLE}),
    ("/events/aggregate", {"granularity": "all", "dimensions": ["user_id"], **WHOLE}),
    ("/events/aggregate", {"granularity": "all", "filters": {"user.plan": "fiber"}, **WHOLE}),
    ("/events/funnel", {"funnel_steps": STEPS, **WHOLE}),
    ("/events/funnel", {"funnel_steps": STEPS[:2], **WHOLE}),
    ("/events/query", {"limit": 5}),
    ("/events/query", {"filters": {"properties.n": {"lt": 3}}, "limit": 3}),
    ("/profiles/query", {"filters": {"plan": "fiber"}, "limit": 20}),
]


class CacheTest(NodeTest):
    def hits_of(self, ask):
        before = figures_of(self.node)
        answer = ask()
        after = figures_of(self.node)
        return answer, after["dotmac_result_cache_hits_total"] - before["dotmac_result_cache_hits_total"], after["dotmac_result_cache_misses_total"] - before["dotmac_result_cache_misses_total"]

    def track(self, *events, tenant="default"):
        answer = self.ask("/events/track/batch", {"events": list(events)}, tenant)
        self.assertEqual(answer["success_count"], len(events), answer)

    def event(self, kind, user, name, minute=0, n=0):
        return {"event_type": kind, "event_name": kind, "event_id": f"e{name}", "user_id": user, "timestamp": f"2026-01-01T08:{minute:02}:00Z", "properties": {"n": n}}


class Kept(CacheTest):
    def test_the_second_time_is_a_hit_and_the_same_bytes(self):
        self.track(*(self.event(STEPS[n % 3], f"u{n % 5}", n, n % 60, n % 7) for n in range(200)))
        self.ask("/profiles/identify", {"profiles": [{"id": "u1", "set": {"plan": "fiber"}}]})
        for path, body in QUESTIONS:
            first, hits, misses = self.hits_of(lambda: raw_answer(self.node, path, body))
            self.assertEqual((hits, misses), (0, 1), path)
            again, hits, misses = self.hits_of(lambda: raw_answer(self.node, path, body))
            self.assertEqual((again, hits, misses), (first, 1, 0), path)
        self.assertEqual(figures_of(self.node)["dotmac_result_cache_answers"], len(QUESTIONS))

    def test_pages_behind_the_first_are_not_kept(self):
        self.track(*(self.event("view", "ann", n, n) for n in range(20)))
        page = self.ask("/events/query", {"limit": 5})
        _, hits, misses = self.hits_of(lambda: self.ask("/events/query", {"limit": 5, "cursor": page["next_cursor"]}))
        self.assertEqual((hits, misses), (0, 0))

    def test_statistics_are_not_kept(self):
        self.track(self.event("view", "ann", 1))
        for _ in range(2):
            _, hits, misses = self.hits_of(lambda: raw_answer(self.node, "/events/stats", None))
            self.assertEqual((hits, misses), (0, 0), "a snapshot changes what is stored, and no event")

    def test_a_late_event_a_profile_and_a_merge_are_in_the_next_answer(self):
        users = ("/events/aggregate", {"granularity": "all", "dimensions": ["user.plan"], **WHOLE})

        def by_plan():
            rows = [json.loads(raw_answer(self.node, *users))["aggregates"] for _ in range(2)]
            self.assertEqual(rows[0], rows[1])
            return {row["dimensions"]["user.plan"]: (row["event_count"], row["unique_users"]) for row in rows[0]}

        self.track(self.event("view", "ann", 1, 30), self.event("view", "bob", 2, 31))
        self.assertEqual(by_plan(), {None: (2, 2)})
        self.track(self.event("view", "cid", 3, 0))
        self.assertEqual(by_plan(), {None: (3, 3)}, "earlier than what was there")
        self.ask("/profiles/identify", {"profiles": [{"id": "ann", "set": {"plan": "fiber"}}]})
        self.assertEqual(by_plan(), {"fiber": (1, 1), None: (2, 2)})
        self.ask("/profiles/merge", {"merges": [{"from": "cid", "into": "ann"}]})
        self.assertEqual(by_plan(), {"fiber": (2, 1), None: (1, 1)})
        self.node.kill()
        self.node.start()
        self.assertEqual(by_plan(), {"fiber": (2, 1), None: (1, 1)})
        self.track(self.event("view", "dan", 4, 40))
        self.assertEqual(by_plan(), {"fiber": (2, 1), None: (2, 2)})

    def test_tenants_have_answers_of_their_own(self):
        for number, tenant in enumerate(("first", "second", "third")):
            self.track(*(self.event("view", "ann", n, n) for n in range(number + 1)), tenant=tenant)
        for _ in range(2):
            self.assertEqual([self.ask("/events/query", {}, tenant)["total"] for tenant in ("first", "second", "third")], [1, 2, 3])


class Random(CacheTest):
    """Against a node that keeps nothing and gets the same writes."""

    def setUp(self):
        super().setUp()
        self.plain_folder = tempfile.mkdtemp(prefix="dotmac-server-")
        self.plain = Node(BINARY, self.plain_folder, LOG_LEVEL="warn", RESULT_CACHE_BYTES="0").start()

    def tearDown(self):
        self.plain.kill()
        shutil.rmtree(self.plain_folder, ignore_errors=True)
        super().tearDown()

    def write(self, path, body):
        for node in (self.node, self.plain):
            status, answer, _ = node.call("POST", path, body)
            self.assertEqual(status, 200, answer)

    def write_something(self, chance, number):
        user = lambda: f"u{chance.randrange(12)}"  # noqa: E731
        what = chance.random()
        if what < 0.6:
            events = [self.event(chance.choice(STEPS), user(), f"{number}-{n}", chance.randrange(60), chance.randrange(9)) for n in range(chance.randrange(1, 4))]
            self.write("/events/track/batch", {"events": events})
        elif what < 0.8:
            self.write("/profiles/identify", {"profiles": [{"id": user(), "set": {"plan": chance.choice(["fiber", "dsl"])}}]})
        elif what < 0.9:
            self.write("/profiles/merge", {"merges": [{"from": f"guest {number}", "into": user()}]})
        else:
            self.write("/events/track", self.event("view", "ann", "always the same"))

    def comparable(self, node, path, body):
        """Without the times of receipt, which are each node's own."""
        def strip(value):
            if isinstance(value, dict):
                return {key: strip(each) for key, each in value.items() if key not in ("received_at", "created_at", "updated_at")}
            return [strip(each) for each in value] if isinstance(value, list) else value
        return strip(json.loads(raw_answer(node, path, body)))

    def test_never_stale_whatever_is_written_and_asked_in_between(self):
        chance = random.Random(SEED)
        self.write("/events/track", self.event("view", "ann", "always the same"))
        total, numbers = 0, itertools.count()
        for _ in range(250):
            for _ in range(chance.choice([0, 0, 1, 1, 2])):
                self.write_something(chance, next(numbers))
            if chance.random() < 0.02:
                total += figures_of(self.node)["dotmac_result_cache_hits_total"]
                self.node.kill()
                self.node.start()
            path, body = chance.choice(QUESTIONS)
            for _ in range(chance.randrange(1, 4)):
                self.assertEqual(self.comparable(self.node, path, body), self.comparable(self.plain, path, body), (SEED, path, body))
        self.assertGreater(total + figures_of(self.node)["dotmac_result_cache_hits_total"], 50, SEED)
        self.assertEqual(figures_of(self.plain)["dotmac_result_cache_misses_total"], 0)


class AtItsBound(CacheTest):
    environment = {"RESULT_CACHE_BYTES": "20000"}

    def test_keeps_to_its_bound_and_answers_right(self):
        self.track(*(self.event("view", f"u{n}", n, n % 60) for n in range(50)))
        for _ in range(2):
            for limit in range(1, 60):
                found = json.loads(raw_answer(self.node, "/events/aggregate", {"granularity": "all", "filters": {"user_id": f"u{limit}"}, **WHOLE}))["aggregates"]
                self.assertEqual([row["event_count"] for row in found], [1] if limit < 50 else [])
        counted = figures_of(self.node)
        self.assertLessEqual(counted["dotmac_result_cache_bytes"], 20_000)
        self.assertGreater(counted["dotmac_result_cache_evicted_total"], 20)
        self.ask("/events/query", {"limit": 50})
        self.assertEqual(figures_of(self.node)["dotmac_result_cache_too_large_total"], counted["dotmac_result_cache_too_large_total"] + 1)


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main()
