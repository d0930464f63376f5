"""Funnels through the real port beside ClickHouse's windowFunnel over the same events: random ones of few users and types, late ones among them, filters, repeated steps,
windows down to nothing.

Where no two events of a user have one time and no event serves two steps that follow each other, both must say the same. Elsewhere windowFunnel forgets an earlier start for a later one of the
time at which the next step comes, and so may find less, never more.

It runs where the engine is installed (npm ci in bench/peers/clickhouse; bench/analytics does so), and is skipped elsewhere.

Use: window_funnel_test.py BINARY     DOTMAC_TEST_SEED     DOTMAC_TEST_CASES
"""

import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from node_test_case import SEED, UTC, WHOLE, NodeTest, write_time  # noqa: E402

PEERS = ROOT / "bench" / "peers"
WORLDS = int(os.environ.get("DOTMAC_TEST_CASES", "40"))
QUESTIONS = 12
FIRST = datetime.datetime(2026, 1, 1, tzinfo=UTC)
WINDOWS = [0, 1, 7, 60, 600, 3_600]


def random_world(chance):
    """Events in the order in which they are sent, and whether a user's times are all different."""
    users, are_distinct = chance.choice([1, 2, 10, 40]), chance.random() < 0.6
    span = chance.choice([50, 2_000, 100_000])
    count = min(chance.choice([0, 1, 10, 100, 600]), users * span // 2) if are_distinct else chance.choice([1, 10, 100, 600])
    events, taken = [], set()
    while len(events) < count:
        user, second = f"u{chance.randrange(users)}", chance.randrange(span)
        if are_distinct and (user, second) in taken:
            continue
        taken.add((user, second))
        events.append({"event_type": chance.choice("abcd"), "event_name": "n", "user_id": user, "timestamp": write_time(FIRST + datetime.timedelta(seconds=second)),
                       "second": second, "properties": {"plan": chance.choice("xy")}})
    if chance.random() < 0.5:
        events.sort(key=lambda each: each["second"])
    return events, are_distinct


def random_step(chance):
    """(event type, plan or none)"""
    return chance.choice("abcd"), chance.choice([None, None, None, "x", "y"])


def may_serve_both(left, right):
    return left[0] == right[0] and (None in (left[1], right[1]) or left[1] == right[1])


def asked_of_node(steps, window):
    written = [kind if plan is None else {"event_type": kind, "filters": [{"field": "properties.plan", "operator": "eq", "value": plan}]} for kind, plan in steps]
    return {"funnel_steps": written, "conversion_window": window, **WHOLE}


def asked_of_clickhouse(world, steps, window):
    conditions = ", ".join(f"event_type = '{kind}'" + ("" if plan is None else f" AND plan = '{plan}'") for kind, plan in steps)
    counts = ", ".join(f"countIf(level >= {k + 1})" for k in range(len(steps)))
    return (f"SELECT {counts} FROM (SELECT windowFunnel({window}, 'strict_increase')(toUInt64(second), {conditions}) AS level FROM events WHERE world = {world} GROUP BY user_id)")


class ClickHouse:
    def __init__(self):
        self.statements = ["CREATE TABLE events (world UInt32, user_id String, event_type String, plan String, second UInt32) ENGINE = MergeTree ORDER BY world"]
        self.questions = {}

    def add(self, world, events):
        if events:
            rows = ", ".join(f"({world}, '{each['user_id']}', '{each['event_type']}', '{each['properties']['plan']}', {each['second']})" for each in events)
            self.statements.append("INSERT INTO events VALUES " + rows)

    def answers(self):
        with tempfile.TemporaryDirectory(prefix="dotmac-clickhouse-") as folder:
            asked = json.dumps({"statements": self.statements, "questions": self.questions, "runs": 1})
            done = subprocess.run(["node", str(PEERS / "ask.mjs"), "clickhouse", folder], input=asked, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-1000:])
        return json.loads(done.stdout.strip().splitlines()[-1])["answers"]


@unittest.skipUnless((PEERS / "clickhouse/node_modules/.package-lock.json").exists(), "ClickHouse's engine is not installed")
class WindowFunnel(NodeTest):
    def test_says_the_same_where_it_can(self):
        print("seed", SEED, flush=True)
        chance, clickhouse, ours = random.Random(SEED), ClickHouse(), {}
        for world in range(WORLDS):
            events, are_distinct = random_world(chance)
            tenant = f"world{world}"
            for start in range(0, len(events), 97):
                sent = [{key: value for key, value in each.items() if key != "second"} for each in events[start:start + 97]]
                answer = self.ask("/events/track/batch", {"events": sent}, tenant)
                self.assertEqual(answer["success_count"], len(sent))
            clickhouse.add(world, events)
            for number in range(QUESTIONS):
                steps, window = [random_step(chance) for _ in range(chance.randint(1, 5))], chance.choice(WINDOWS)
                counts = [each["count"] for each in self.ask("/events/funnel", asked_of_node(steps, window), tenant)["steps"]]
                is_exact = are_distinct and not any(may_serve_both(*pair) for pair in zip(steps, steps[1:]))
                ours[f"{world}.{number}"] = (counts, is_exact, steps, window)
                clickhouse.questions[f"{world}.{number}"] = asked_of_clickhouse(world, steps, window)
        exact = converted = 0
        for name, answer in clickhouse.answers().items():
            counts, is_exact, steps, window = ours[name]
            self.assertIn("rows", answer, answer)
            theirs = answer["rows"][0]
            if is_exact:
                self.assertEqual(counts, theirs, (SEED, name, steps, window))
            else:
                self.assertTrue(all(left >= right for left, right in zip(counts, theirs)), (SEED, name, steps, window, counts, theirs))
            exact += is_exact
            converted += len(steps) > 2 and counts[-1] > 0
        self.assertEqual(len(ours), WORLDS * QUESTIONS)
        self.assertGreater(exact, WORLDS * QUESTIONS // 8)
        self.assertGreater(converted, WORLDS // 4, "hardly a funnel of three steps was gone through")


if __name__ == "__main__":
    unittest.main(verbosity=2)
