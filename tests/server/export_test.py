"""Exports through the real port: NDJSON and CSV against what was sent, columns, many megabytes to a slow reader in bounded memory, hang-ups, limits,
HTTP/1.0, tenants, a kill in the middle.

Use: export_test.py BINARY     DOTMAC_TEST_SEED
"""

import csv
import datetime
import http.client
import io
import json
import os
import random
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import SANITIZED, SEED, NodeTest  # noqa: E402

FIELDS = ["event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source"]
VALUES = [1, -7, 2.5, True, False, None, "", "a,b", 'say "yes"', "two\r\nlines", "ö", [1, {"k": None}], {"deep": [1.5]}, 10**25]
EXPORTS_AT_ONCE = 8  # 64 MiB a tenant, 8 MiB an export


def event(number, chance):
    held = {"event_type": chance.choice("ab"), "event_name": "n", "event_id": f"e{number}", "timestamp": f"2026-01-{1 + number % 28:02}T00:00:00.{number % 1000:03}Z",
            "properties": {f"p{n}": chance.choice(VALUES) for n in range(3) if chance.random() < 0.8}, "context": {"os": chance.choice(["linux", None])}}
    for name in ("user_id", "session_id", "customer_id", "source"):
        if chance.random() < 0.7:
            held[name] = chance.choice(["x", "y,z", 'q"'])
    return held


class ExportTest(NodeTest):
    def setUp(self):
        super().setUp()
        print("seed", SEED, flush=True)
        self.chance = random.Random(SEED)

    def send(self, events, tenant="default"):
        self.assertEqual(self.ask("/events/track/batch", {"events": events}, tenant)["success_count"], len(events))

    def send_many(self, count, tenant="default"):
        """About 300 bytes each, as text."""
        filler = "x" * 200
        for first in range(0, count, 10_000):
            self.send([{"event_type": "t", "event_name": "n", "event_id": str(n), "properties": {"text": filler, "n": n}} for n in range(first, min(count, first + 10_000))], tenant)

    def begin(self, question, tenant="default", timeout=60):
        connection = self.node.connect(timeout)
        self.addCleanup(connection.close)
        connection.request("POST", "/events/export", json.dumps(question), {"X-Tenant-ID": tenant})
        answer = connection.getresponse()
        self.addCleanup(answer.close)
        return connection, answer

    def export(self, question, tenant="default"):
        connection, answer = self.begin(question, tenant)
        text = answer.read().decode()
        self.assertEqual(answer.status, 200, text)
        connection.close()
        return text, answer

    def lines(self, question, tenant="default"):
        return [json.loads(line) for line in self.export(question, tenant)[0].splitlines()]

    def test_every_event_comes_back_as_it_was_sent(self):
        events = [event(n, self.chance) for n in range(500)]
        self.send(events)
        got = self.lines({})
        self.assertEqual(len(got), len(events))
        for one, sent in zip(got, events):
            for name in FIELDS:
                self.assertEqual(one[name], sent.get(name))
            self.assertEqual(one["properties"], sent["properties"])
            self.assertEqual(one["context"], sent["context"])
            self.assertEqual(datetime.datetime.fromisoformat(one["timestamp"]), datetime.datetime.fromisoformat(sent["timestamp"]))
            self.assertIn("received_at", one)
        chosen = self.lines({"event_type": "a", "filters": {"context.os": "linux"}, "start_time": "2026-01-05T00:00:00Z", "end_time": "2026-01-20T00:00:00Z", "columns": ["event_id"]})
        self.assertEqual([each["event_id"] for each in chosen], [each["event_id"] for each in events if each["event_type"] == "a" and each["context"]["os"] == "linux"
                                                                 and "2026-01-05" <= each["timestamp"][:10] < "2026-01-20"])

    def test_csv_reads_back(self):
        events = [event(n, self.chance) for n in range(300)]
        self.send(events)
        text, answer = self.export({"format": "csv"})
        self.assertTrue(answer.getheader("Content-Type").startswith("text/csv"))
        self.assertIn("events.csv", answer.getheader("Content-Disposition"))
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual(len(rows), len(events))
        for row, sent in zip(rows, events):
            self.assertEqual([row[name] for name in FIELDS], [sent.get(name, "") for name in FIELDS])
            self.assertEqual(json.loads(row["properties"]), sent["properties"])
        text, _ = self.export({"format": "csv", "columns": ["p0", "properties.p1", "context.os", "timestamp", "event_id", "never"]})
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(rows[0], ["p0", "properties.p1", "context.os", "timestamp", "event_id", "never"])
        for row, sent in zip(rows[1:], events):
            for place, name in ((0, "p0"), (1, "p1")):
                value = sent["properties"].get(name)
                if value is None or isinstance(value, str):
                    self.assertEqual(row[place], value or "", sent)
                else:
                    self.assertEqual(json.loads(row[place]), value, sent)
            self.assertEqual(row[4:], [sent["event_id"], ""])

    def resident_mb(self):
        with open(f"/proc/{self.node.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def test_a_slow_reader_costs_little_memory_and_gets_what_was_there_when_it_began(self):
        count = 20_000 if SANITIZED else 150_000
        self.send_many(count)
        before = self.resident_mb()
        connection, answer = self.begin({})
        self.assertEqual(answer.status, 200)
        first = answer.read(1_000)
        time.sleep(1)
        held = self.resident_mb()
        self.send([{"event_type": "late", "event_name": "n", "event_id": "late"}])
        numbers = [json.loads(line)["event_id"] for line in (first + answer.read()).splitlines()]
        self.assertEqual(numbers, [str(n) for n in range(count)])
        if not SANITIZED:
            self.assertLess(held - before, 24, "an export of 50 MB waits for its reader")
        connection.request("GET", "/health/live")  # the connection goes on
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_who_hangs_up_gives_back_what_it_held_and_too_many_at_once_are_refused(self):
        self.send_many(60_000)
        self.send_many(10, "other")
        for _ in range(3 * EXPORTS_AT_ONCE):
            connection, answer = self.begin({})
            self.assertEqual(answer.status, 200, answer.status)
            answer.read(10)
            answer.close()
            connection.close()
            self.wait_until_free()
        held = [self.begin({}) for _ in range(EXPORTS_AT_ONCE - 1)]
        for _, answer in held:
            self.assertEqual(answer.status, 200)
        statuses = [self.begin({})[1] for _ in range(3)]
        self.assertIn(429, [each.status for each in statuses])
        refused = next(each for each in statuses if each.status == 429)
        self.assertIn("bytes", json.loads(refused.read())["detail"])
        self.assertEqual(len(self.lines({}, "other")), 10)
        for _, answer in held:
            self.assertEqual(len(answer.read().splitlines()), 60_000)

    def wait_until_free(self):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            connection, answer = self.begin({"event_type": "none"})
            answer.read()
            connection.close()
            if answer.status == 200:
                return
            time.sleep(0.02)
        self.fail("what an export held was not given back")

    def test_http_1_0_gets_it_without_chunks(self):
        self.send_many(50)
        body = b'{"columns":["event_id"]}'
        with socket.create_connection(("127.0.0.1", self.node.port), 20) as plain:
            plain.sendall(b"POST /events/export HTTP/1.0\r\nHost: n\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            got = b""
            while piece := plain.recv(65_536):
                got += piece
        head, _, text = got.partition(b"\r\n\r\n")
        self.assertNotIn(b"chunked", head.lower())
        self.assertEqual([json.loads(line)["event_id"] for line in text.splitlines()], [str(n) for n in range(50)])

    def test_nothing_to_export_and_bad_input(self):
        self.assertEqual(self.export({})[0], "")
        self.assertEqual(self.export({"format": "csv", "columns": ["a b", "c,d"]})[0], 'a b,"c,d"\r\n')
        for question, place in (({"format": "xml"}, "format"), ({"columns": ["x"] * 201}, "columns"), ({"column": ["x"]}, "column"),
                                ({"start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}, "end_time"),
                                ({"filters": {"p": {"regex": "("}}}, "filters")):
            detail = self.ask("/events/export", question, wanted=422)["detail"]
            self.assertIn(place, json.dumps(detail))

    def test_a_kill_in_the_middle_shows(self):
        self.send_many(60_000)
        _, answer = self.begin({})
        answer.read(100)
        self.node.kill()
        with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        self.node.start()
        self.assertEqual(len(self.lines({"columns": ["event_id"]})), 60_000)

    def test_a_stop_in_the_middle_ends_the_node_and_shows(self):
        self.send_many(60_000)
        _, answer = self.begin({})
        answer.read(100)
        self.assertEqual(self.node.stop(within=60), 0)
        with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
            answer.read()


if __name__ == "__main__":
    unittest.main()
