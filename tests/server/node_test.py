"""The real program through its real port: answers compared with plain code over the same rows, two tenants, restarts, a store
that goes away, credentials.

Use: node_test.py BINARY     DOTMAC_TEST_SEED
"""

import collections
import datetime
import os
import random
import shutil
import sys
import tempfile
import time
import unittest
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node, Postgres  # noqa: E402
from node_test_case import BINARY, SEED, UTC, WHOLE, NodeTest, write_time  # noqa: E402

def random_events(chance, count):
    start = datetime.datetime(2026, 3, 20, tzinfo=UTC)  # over a change of daylight saving
    events = []
    for number in range(count):
        at = start + datetime.timedelta(milliseconds=chance.randrange(20 * 86_400_000))
        event = {"event_type": chance.choice(["view", "click", "order"]), "event_name": chance.choice(["a", "b"]), "event_id": f"e{number}",
                 "timestamp": write_time(at), "properties": {}}
        for field, names in (("user_id", 30), ("session_id", 60), ("customer_id", 10)):
            if chance.random() < 0.9:
                event[field] = f"{field}-{chance.randrange(names)}"
        if chance.random() < 0.8:
            event["properties"]["plan"] = chance.choice(["fiber", "dsl", "cable"])
        if chance.random() < 0.5:
            event["properties"]["price"] = chance.choice([1, 2.5, 10, 99.75])
        events.append((at, event))
    return events


def count_buckets(events, zone, size):
    """The independent computation: calendar buckets by the wall clock of Python's own zone database."""
    buckets = collections.defaultdict(lambda: [0, set(), set(), set()])
    for at, event in events:
        local = at.astimezone(zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        if size == "week":
            day -= datetime.timedelta(days=day.weekday())
        if size == "month":
            day = day.replace(day=1)
        start = write_time(day.replace(tzinfo=zone))
        bucket = buckets[start, event["properties"].get("plan")]
        bucket[0] += 1
        for position, field in ((1, "user_id"), (2, "session_id"), (3, "customer_id")):
            if field in event:
                bucket[position].add(event[field])
    return {key: (count, len(users), len(sessions), len(customers)) for key, (count, users, sessions, customers) in buckets.items()}


def count_funnel(events, steps, window):
    """Ordered, any start: tries every start of every user."""
    by_user = collections.defaultdict(list)
    for at, event in events:
        if "user_id" in event:
            by_user[event["user_id"]].append((at, event["event_type"]))
    counts = [0] * len(steps)
    for rows in by_user.values():
        rows.sort()
        furthest = 0
        for first, (started, kind) in enumerate(rows):
            if kind != steps[0]:
                continue
            reached, last = 1, started
            for at, other in rows[first + 1:]:
                if reached < len(steps) and at > last and at - started <= window and other == steps[reached]:
                    reached, last = reached + 1, at
            furthest = max(furthest, reached)
        for step in range(furthest):
            counts[step] += 1
    return counts


class Answers(NodeTest):
    def send(self, events, chance):
        sent = [event for _, event in events]
        while sent:
            size = min(len(sent), chance.randrange(1, 200))
            batch, sent = sent[:size], sent[size:]
            answer = self.ask("/events/track/batch", {"events": batch}, "acme")
            self.assertEqual((answer["status"], answer["success_count"], answer["duplicates"]), ("completed", size, 0))

    def check(self, events):
        for size in ("day", "week", "month"):
            for name in ("UTC", "Europe/Berlin", "America/New_York"):
                answer = self.ask("/events/aggregate", {"granularity": size, "timezone": name, "dimensions": ["plan"], **WHOLE}, "acme")
                got = {(each["time_bucket"], each["dimensions"]["plan"]): (each["event_count"], each["unique_users"], each["unique_sessions"],
                                                                           each["unique_customers"]) for each in answer["aggregates"]}
                self.assertEqual(got, count_buckets(events, zoneinfo.ZoneInfo(name), size))
        for steps in (["view", "click", "order"], ["view", "view"], ["order", "view"]):
            for hours in (1, 24, 24 * 30):
                answer = self.ask("/events/funnel", {"funnel_steps": steps, "conversion_window": f"{hours}h", **WHOLE}, "acme")
                self.assertEqual([each["count"] for each in answer["steps"]], count_funnel(events, steps, datetime.timedelta(hours=hours)))
        found = self.ask("/events/query", {"filters": {"plan": ["fiber", "dsl"], "price": {"gte": 2}}, "limit": 1000}, "acme")
        wanted = [event["event_id"] for _, event in events
                  if event["properties"].get("plan") in ("fiber", "dsl") and event["properties"].get("price", 0) >= 2]
        self.assertEqual(sorted(each["event_id"] for each in found["events"]), sorted(wanted))
        self.assertEqual(found["total"], len(wanted))
        times = [each["timestamp"] for each in found["events"]]
        self.assertEqual(times, sorted(times, reverse=True))

    def test_equal_plain_code_before_and_after_restarts(self):
        print("seed", SEED, flush=True)
        chance = random.Random(SEED)
        events = random_events(chance, 2_000)
        self.send(events[:1_000], chance)
        self.node.kill()
        self.node.start()
        self.send(events[1_000:], chance)
        self.check(events)
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        self.check(events)
        again = self.ask("/events/track/batch", {"events": [event for _, event in events[:500]]}, "acme")
        self.assertEqual(again["duplicates"], 500)
        self.check(events)
        self.assertEqual(self.node.call("GET", "/events/stats", None, {"X-Tenant-ID": "other"})[1]["event_count"], 0)


class TwoNodes(NodeTest):
    def test_cannot_share_one_folder_and_the_first_goes_on(self):
        second = Node(BINARY, self.folder, LOG_LEVEL="warn")
        with self.assertRaisesRegex(RuntimeError, "the node ended"):
            second.start()
        self.ask("/events/track", {"event_type": "view", "event_name": "a"})


class AnswersOnPostgres(Answers):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.database = cls.postgres.url()

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()

    def test_a_stopped_store_refuses_writes_answers_reads_and_needs_no_restart(self):
        event = {"event_type": "view", "event_name": "a", "event_id": "before"}
        self.ask("/events/track", event, "outage")
        self.postgres.kill()
        status, answer, headers = self.node.call("POST", "/events/track", {**event, "event_id": "during"}, {"X-Tenant-ID": "outage"})
        self.assertEqual(status, 503, answer)
        self.assertIn("Retry-After", headers)
        self.assertEqual(self.ask("/events/query", {}, "outage")["total"], 1)
        self.assertEqual(self.node.call("GET", "/health/ready")[0], 503)
        self.assertEqual(self.node.call("GET", "/health/live")[0], 200)
        self.postgres.start()
        until = time.monotonic() + 30
        while self.node.call("POST", "/events/track", {**event, "event_id": "after"}, {"X-Tenant-ID": "outage"})[0] != 200:
            self.assertLess(time.monotonic(), until, "writes do not come back")
            time.sleep(0.1)
        self.assertEqual(self.node.call("GET", "/health/ready")[0], 200)
        ids = {each["event_id"] for each in self.ask("/events/query", {}, "outage")["events"]}
        self.assertTrue({"before", "after"} <= ids <= {"before", "during", "after"}, ids)


    def test_another_node_is_refused_while_this_one_lives_and_takes_over_when_it_was_killed(self):
        event = {"event_type": "view", "event_name": "a", "event_id": "mine"}
        self.ask("/events/track", event, "takeover")
        folder = tempfile.mkdtemp(prefix="dotmac-second-")
        self.addCleanup(shutil.rmtree, folder, True)
        other = Node(BINARY, folder, self.database, LOG_LEVEL="info")
        with self.assertRaisesRegex(RuntimeError, "another node holds 256"):
            other.start()
        self.ask("/events/track", event, "takeover")
        self.node.kill()
        try:
            other.start()
            with open(folder + "/node.log", encoding="utf-8") as log:
                self.assertIn("is gone: its 256 leases are ended", log.read())
            answer = other.call("POST", "/events/query", {}, {"X-Tenant-ID": "takeover"})[1]
            self.assertEqual([each["event_id"] for each in answer["events"]], ["mine"])
        finally:
            other.kill()
        self.node.start()


class Credentials(NodeTest):
    environment = {"SECRET_KEY": "k" * 48}

    def test_are_needed_as_soon_as_there_is_a_secret_key(self):
        for headers in ({}, {"X-API-Key": "nonsense"}, {"Authorization": "Bearer a.b.c"}, {"X-API-Key": "dma.acme.0123.4567"}):
            status, answer, _ = self.node.call("POST", "/events/query", {}, headers)
            self.assertEqual((status, answer["code"]), (401, "unauthorized"))
        self.assertEqual(self.node.call("GET", "/health/ready")[0], 200)


class WrongUse(unittest.TestCase):
    def test_is_refused_with_a_sentence_and_its_exit_code(self):
        import subprocess
        for arguments, variables, code, text in (
                (["serve"], {"PORT": "70000"}, 2, "65535"), (["serve"], {"ENVIRONMENT": "production"}, 2, "SECRET_KEY"),
                (["fly"], {}, 2, ""), (["migrate", "sideways"], {}, 2, "")):
            ended = subprocess.run([BINARY, *arguments], env=dict(os.environ, **variables), capture_output=True, text=True, timeout=30)
            self.assertEqual(ended.returncode, code, ended.stderr)
            self.assertIn(text, ended.stderr)


unittest.main(verbosity=2)
