"""Answers about events through the real port, against plain Python over the same rows: every field read back, batches, schemas, funnels of each
order, buckets without events.

Use: event_answer_test.py BINARY     DOTMAC_TEST_SEED
"""

import collections
import datetime
import gzip
import itertools
import json
import os
import random
import statistics
import sys
import unittest
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import SEED, UTC, WHOLE, NodeTest, write_time  # noqa: E402

TEXTS = ("event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source")
START = datetime.datetime(2026, 3, 28, tzinfo=UTC)  # over a change of daylight saving


def now():
    return datetime.datetime.now(UTC)


def read_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Reading(NodeTest):
    def test_gives_every_field_back_as_it_was_sent_and_when_it_came(self):
        events = [{"event_type": "t", "event_name": "größe", "event_id": "e1", "user_id": "ann", "session_id": "s 1", "customer_id": "c/1", "source": "app",
                   "properties": {"text": "a\"b\\c\n", "whole": -7, "big": 9_007_199_254_740_993, "real": 0.1, "yes": True, "no": False, "nothing": None, "list": [1, "x", [None]],
                                  "nested": {"a": {"b": [1.5]}}, "empty": ""},
                   "context": {"ip": "::1", "page": {"url": "https://x/?a=b"}}, "timestamp": "2026-01-02T03:04:05.678Z"},
                  {"event_type": "t", "event_name": "bare", "event_id": "e0", "timestamp": "2026-01-02T05:04:05+02:00"}]
        before = now()
        for each in events:
            self.ask("/events/track", each)
        after = now()
        found = {each["event_id"]: each for each in self.ask("/events/query", {})["events"]}
        self.assertEqual(len(found), 2)
        for sent in events:
            got = found[sent["event_id"]]
            for name in TEXTS:
                self.assertEqual(got[name], sent.get(name))
            self.assertEqual((got["properties"], got["context"]), (sent.get("properties", {}), sent.get("context", {})))
            self.assertEqual(read_time(got["timestamp"]), read_time(sent["timestamp"]))
            received = read_time(got["received_at"])
            self.assertLessEqual(before.replace(microsecond=before.microsecond // 1000 * 1000), received)
            self.assertLessEqual(received, after)
            self.assertEqual(set(got), {*TEXTS, "properties", "context", "timestamp", "received_at"})

    def test_order_and_columns(self):
        chance = random.Random(SEED)
        events = [{"event_type": "t", "event_name": "n", "event_id": f"e{n}", "timestamp": f"2026-01-01T00:00:{chance.randrange(20):02}Z", "properties": {"n": n, "a.b": [n]}} for n in range(90)]
        for each in events:
            self.ask("/events/track", each)
        by_time = sorted(range(90), key=lambda n: (events[n]["timestamp"], n))
        for order, wanted in (("oldest", by_time), ("newest", by_time[::-1])):
            got, cursor = [], None
            while True:
                page = self.ask("/events/query", {"limit": 13, "order": order, "columns": ["properties.n", "a.b", "event_id", "nothing", "timestamp"], **({"cursor": cursor} if cursor else {})})
                got += page["events"]
                self.assertEqual(page["total"], 90)
                other = {"oldest": "newest", "newest": "oldest"}[order]
                if cursor := page["next_cursor"]:
                    self.ask("/events/query", {"order": other, "cursor": cursor}, wanted=422)
                else:
                    break
            self.assertEqual([(each["properties.n"], each["a.b"], each["event_id"], each["nothing"], read_time(each["timestamp"])) for each in got],
                             [(n, [n], f"e{n}", None, read_time(events[n]["timestamp"])) for n in wanted])
            self.assertEqual(list(got[0]), ["properties.n", "a.b", "event_id", "nothing", "timestamp"])
        for body, place in (({"order": "random"}, "order"), ({"columns": ["x"] * 201}, "columns")):
            self.assertIn(place, json.dumps(self.ask("/events/query", body, wanted=422)["detail"]))

    def test_the_source_of_a_batch_is_that_of_its_events_without_one(self):
        self.ask("/events/track/batch", {"source": "shop", "events": [{"event_type": "a", "event_name": "b", "event_id": "1"}, {"event_type": "a", "event_name": "b", "event_id": "2", "source": "app"}]})
        self.assertEqual({each["event_id"]: each["source"] for each in self.ask("/events/query", {})["events"]}, {"1": "shop", "2": "app"})

    def test_an_id_sent_again_counts_once_and_the_first_content_stays(self):
        event = {"event_type": "a", "event_name": "b", "event_id": "same", "user_id": "ann", "timestamp": "2026-01-01T00:00:00Z"}
        self.ask("/events/track", event)
        answer = self.ask("/events/track/batch", {"events": [{**event, "event_id": "new"}, event, {**event, "user_id": "bob"}, {"event_type": "a"}, {**event, "properties": {"x": 1}}]})
        self.assertEqual((answer["status"], answer["success_count"], answer["error_count"], answer["duplicates"]), ("partial_success", 4, 1, 1))
        self.assertEqual([each["index"] for each in answer["errors"]], [3])
        self.assertEqual(answer["conflicts"]["indexes"], [2, 4])
        single = self.ask("/events/track", {**event, "user_id": "bob"})
        self.assertEqual((single["duplicates"], single["event_id"]), (1, "same"))
        self.assertIn("other content", single["note"])
        self.assertEqual({each["event_id"]: each["user_id"] for each in self.ask("/events/query", {})["events"]}, {"same": "ann", "new": "ann"})

    def test_batches_and_lines_may_be_compressed(self):
        events = [{"event_type": "a", "event_name": "b", "event_id": f"e{n}", "properties": {"n": n}} for n in range(500)]
        lines = "\n".join(json.dumps(each) for each in events[250:]).encode()
        for body, kind, count in ((json.dumps({"events": events[:250]}).encode(), "application/json", 250), (lines, "application/x-ndjson", 250)):
            status, answer, _ = self.node.call("POST", "/events/track/batch", gzip.compress(body), {"Content-Encoding": "gzip", "Content-Type": kind})
            self.assertEqual((status, answer["success_count"]), (200, count), answer)
        self.assertEqual(sorted(each["properties"]["n"] for each in self.ask("/events/query", {"limit": 1000})["events"]), list(range(500)))
        for body, wanted in ((gzip.compress(lines)[:-10], (400, 422)), (b"not gzip", (400, 422))):
            self.assertIn(self.node.call("POST", "/events/track/batch", body, {"Content-Encoding": "gzip"})[0], wanted)
        self.assertEqual(self.node.call("POST", "/events/track/batch", lines, {"Content-Encoding": "br"})[0], 415)


class Schemas(NodeTest):
    def test_refuse_or_flag_what_does_not_fit(self):
        self.ask("/events/schema", {"event_type": "order", "event_name": "made", "schema_definition": {"required": ["price"], "optional": ["note"]}})
        self.ask("/events/schema", {"event_type": "view", "event_name": "page", "mode": "flag",
                                    "schema_definition": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}})
        self.assertIn("price", str(self.ask("/events/track", {"event_type": "order", "event_name": "made", "properties": {"note": "x"}}, wanted=422)))
        self.ask("/events/track", {"event_type": "order", "event_name": "made", "event_id": "fits", "properties": {"price": 1}})
        answer = self.ask("/events/track/batch", {"events": [{"event_type": "view", "event_name": "page", "event_id": name, "properties": properties, "context": {"kept": 1}}
                                                             for name, properties in (("good", {"n": 1}), ("wrong", {"n": "many"}), ("missing", {}))]})
        self.assertEqual((answer["success_count"], answer["error_count"]), (3, 0), answer)
        found = {each["event_id"]: each["context"] for each in self.ask("/events/query", {"event_type": "view"})["events"]}
        self.assertEqual(found["good"], {"kept": 1})
        for name in ("wrong", "missing"):
            self.assertEqual(found[name]["kept"], 1)
            self.assertIn("n", str(found[name]["schema_violations"]))
        self.assertEqual(self.ask("/events/query", {"filters": {"context.schema_violations": {"is_not_null": True}}})["total"], 2)
        self.assertEqual(self.ask("/events/query", {"event_type": "order"})["total"], 1)
        listed = self.node.call("GET", "/events/schemas")[1]
        self.assertEqual([(each["event_type"], each["mode"]) for each in listed["schemas"]], [("order", "reject"), ("view", "flag")])
        self.ask("/events/schema", {"event_type": "order", "event_name": "made", "schema_definition": {"required": []}}, wanted=409)


def furthest(rows, steps, window, order, exclusions):
    """Of one user's (time, type) rows, which have distinct times: the steps reached from the best start, tried one by one."""
    best = 0
    for first, (started, kind) in enumerate(rows):
        if kind != steps[0]:
            continue
        reached = 1
        for at, other in rows[first + 1:]:
            if reached == len(steps) or at - started > window:
                break
            if other == steps[reached]:
                reached += 1
            elif other in exclusions or order == "strict":
                break
        best = max(best, reached)
    return best


class Funnels(NodeTest):
    def setUp(self):
        super().setUp()
        chance = random.Random(SEED)
        print("seed", SEED, flush=True)
        times = chance.sample(range(10 * 86_400), 1_500)  # no two at once
        self.events = [{"event_type": chance.choice("abcx"), "event_name": "n", "event_id": f"e{n}", "user_id": f"u{chance.randrange(60)}",
                        "timestamp": write_time(START + datetime.timedelta(seconds=at)), "properties": {"plan": chance.choice(["fiber", "dsl"])}} for n, at in enumerate(times)]
        self.assertEqual(self.ask("/events/track/batch", {"events": self.events})["success_count"], len(self.events))
        self.by_user = collections.defaultdict(list)
        for each in sorted(self.events, key=lambda event: event["timestamp"]):
            self.by_user[each["user_id"]].append((read_time(each["timestamp"]), each["event_type"]))

    def check(self, steps, hours, order, exclusions=()):
        body = {"funnel_steps": steps, "conversion_window": f"{hours}h", "order": order, "exclusions": list(exclusions), "users_limit": 1000, **WHOLE}
        answer = self.ask("/events/funnel", body)
        reached = {user: furthest(rows, steps, datetime.timedelta(hours=hours), order, exclusions) for user, rows in self.by_user.items()}
        wanted = [sum(1 for each in reached.values() if each > step) for step in range(len(steps))]
        self.assertEqual([each["count"] for each in answer["steps"]], wanted, body)
        for number, step in enumerate(answer["steps"]):
            self.assertEqual(set(step["users"]), {user for user, each in reached.items() if each > number}, body)
            self.assertAlmostEqual(step["conversion_rate"], wanted[number] / wanted[0] if wanted[0] else 0)
            self.assertEqual(step["drop_off"], (wanted[number - 1] if number else wanted[0]) - wanted[number])
        few = self.ask("/events/funnel", {**body, "users_limit": 2})
        self.assertEqual([len(each["users"]) for each in few["steps"]], [min(2, each) for each in wanted])
        none = self.ask("/events/funnel", {**body, "users_limit": 0})
        self.assertTrue(all("users" not in each for each in none["steps"]), "ids only on request")

    def test_equal_plain_code_in_order_and_strictly(self):
        for order, hours, steps in itertools.product(("ordered", "strict"), (2, 24, 240), (["a", "b", "c"], ["a", "a"], ["b", "a", "b", "c"])):
            self.check(steps, hours, order)

    def test_equal_plain_code_with_exclusions(self):
        for order, hours in itertools.product(("ordered", "strict"), (24, 240)):
            self.check(["a", "b", "c"], hours, order, ["x"])

    def test_equal_plain_code_in_any_order(self):
        for hours, steps in itertools.product((2, 24, 240), (["a", "b", "c"], ["c", "x"])):
            answer = self.ask("/events/funnel", {"funnel_steps": steps, "conversion_window": f"{hours}h", "order": "any", **WHOLE})
            wanted = [0] * len(steps)
            for rows in self.by_user.values():
                best = 0  # the first so many steps, in whichever order, within some window
                for started, _ in rows:
                    seen = {other for at, other in rows if datetime.timedelta(0) <= at - started <= datetime.timedelta(hours=hours)}
                    best = max(best, sum(1 for _ in itertools.takewhile(seen.__contains__, steps)))
                for step in range(best):
                    wanted[step] += 1
            self.assertEqual([each["count"] for each in answer["steps"]], wanted, (hours, steps))

    def test_group_by_the_dimension_of_the_first_step(self):
        answer = self.ask("/events/funnel", {"funnel_steps": ["a", "b"], "conversion_window": "240h", "start": "first", "dimensions": ["plan"], **WHOLE})
        wanted = collections.Counter()
        for user in self.by_user:
            mine = sorted((event for event in self.events if event["user_id"] == user), key=lambda event: event["timestamp"])
            first = next((event for event in mine if event["event_type"] == "a"), None)
            if first:
                wanted[first["properties"]["plan"], 0] += 1
                wanted[first["properties"]["plan"], 1] += any(event["event_type"] == "b" and event["timestamp"] > first["timestamp"] for event in mine)
        got = {(each["dimensions"]["plan"], number): step["count"] for each in answer["groups"] for number, step in enumerate(each["steps"])}
        self.assertEqual(got, {key: count for key, count in wanted.items()} | {(plan, 1): wanted[plan, 1] for plan in ("fiber", "dsl") if (plan, 0) in wanted})
        self.assertEqual([step["count"] for step in answer["steps"]], [sum(wanted[plan, number] for plan in ("fiber", "dsl")) for number in range(2)])

    def test_tell_how_long_users_took(self):
        answer = self.ask("/events/funnel", {"funnel_steps": ["a", "b"], "conversion_window": "240h", "start": "first", **WHOLE})
        took = []
        for rows in self.by_user.values():
            started = next((at for at, kind in rows if kind == "a"), None)
            reached = next((at for at, kind in rows if kind == "b" and started and at > started), None)
            if reached:
                took.append((reached - started).total_seconds())
        self.assertAlmostEqual(answer["steps"][1]["median_seconds_to_convert"], statistics.median(took), delta=0.011 * statistics.median(took))
        self.assertIsNone(answer["steps"][0]["median_seconds_to_convert"])


class EmptyBuckets(NodeTest):
    def test_are_named_for_every_group_seen(self):
        chance = random.Random(SEED)
        events = [{"event_type": "a", "event_name": "b", "user_id": f"u{chance.randrange(5)}", "timestamp": write_time(START + datetime.timedelta(hours=chance.randrange(24 * 12))),
                   "properties": chance.choice([{"plan": "fiber"}, {"plan": "dsl", "site": "x"}, {}])} for _ in range(40)]
        self.ask("/events/track/batch", {"events": events})
        berlin = zoneinfo.ZoneInfo("Europe/Berlin")
        interval = {"start_time": "2026-03-27T00:00:00Z", "end_time": "2026-04-12T00:00:00Z"}
        days, day = [], datetime.datetime(2026, 3, 27)
        while day.replace(tzinfo=berlin) < read_time(interval["end_time"]):
            days.append(write_time(day.replace(tzinfo=berlin)))
            day += datetime.timedelta(days=1)
        for dimensions in ([], ["plan"], ["plan", "site"]):
            body = {"granularity": "day", "timezone": "Europe/Berlin", "dimensions": dimensions, **interval}
            counts = collections.Counter()
            for each in events:
                local = read_time(each["timestamp"]).astimezone(berlin).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
                counts[write_time(local.replace(tzinfo=berlin)), tuple(each["properties"].get(name) for name in dimensions)] += 1
            groups = {group for _, group in counts}
            got = self.ask("/events/aggregate", {**body, "fill": "zero"})["aggregates"]
            self.assertEqual({(each["time_bucket"], tuple(each["dimensions"][name] for name in dimensions)): each["event_count"] for each in got},
                             {(bucket, group): counts[bucket, group] for bucket in days for group in groups})
            self.assertEqual([each["time_bucket"] for each in got], sorted(each["time_bucket"] for each in got))
            left_out = self.ask("/events/aggregate", body)["aggregates"]
            self.assertEqual(len(left_out), len(counts))
        empty = self.ask("/events/aggregate", {"granularity": "day", "fill": "zero", "dimensions": ["plan"], "start_time": "2020-01-01T00:00:00Z", "end_time": "2020-01-03T00:00:00Z"})
        self.assertEqual(empty["aggregates"], [], "no group was seen")
        answer = self.ask("/events/aggregate", {"granularity": "second", "fill": "zero", "dimensions": ["plan"], **interval}, wanted=422)
        self.assertEqual((answer["code"], [each["loc"] for each in answer["detail"]]), ("query_too_large", [["body", "fill"]]))


unittest.main(verbosity=2)
