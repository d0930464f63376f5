"""What a node takes of memory, actors and connections is bounded whatever its clients do, with and without a credential.

Use: bounds_test.py BINARY
"""

import base64
import gzip
import hashlib
import hmac
import json
import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import SANITIZED, NodeTest  # noqa: E402

MIB = 1024 * 1024
SECRET = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
PATIENCE = 60


def until(what, wanted):
    """Polls: how long it takes is no matter of a test, that it comes is."""
    end = time.monotonic() + PATIENCE
    while not wanted(what()):
        if time.monotonic() > end:
            raise AssertionError(f"still {what()}")
        time.sleep(0.05)


def token(**claims):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    signed = part(b'{"alg":"HS256"}') + "." + part(json.dumps({"exp": time.time() + 3600, **claims}).encode())
    return signed + "." + part(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest())


class BoundsTest(NodeTest):
    def open(self, text=b""):
        client = socket.create_connection(("127.0.0.1", self.node.port), timeout=PATIENCE)
        self.addCleanup(client.close)
        self.send(client, text)
        return client

    def send(self, client, data):
        """True where the node took it all."""
        try:
            client.sendall(data)
            return True
        except OSError:
            return False

    def answer(self, client):
        """The status and all that comes until the connection ends."""
        data = b""
        try:
            while chunk := client.recv(65536):
                data += chunk
        except ConnectionResetError:
            pass
        return int(data.split(b" ", 2)[1]) if data else None, data

    def resident_mb(self):
        with open(f"/proc/{self.node.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def peak_mb(self):
        with open(f"/proc/{self.node.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024

    def check_growth(self, before_mb, most_mb):
        if not SANITIZED:
            self.assertLess(self.peak_mb() - before_mb, most_mb)

    def settled_files(self):
        """Once the connections of earlier calls are gone."""
        seen = []
        while len(seen) < 10 or len(set(seen[-10:])) > 1:
            seen.append(self.open_files())
            time.sleep(0.05)
        return seen[-1]

    def open_files(self):
        return len(os.listdir(f"/proc/{self.node.process.pid}/fd"))


class Bodies(BoundsTest):
    environment = {"TENANT_BYTES_IN_FLIGHT_MAX": str(32 * MIB), "NODE_BYTES_IN_FLIGHT_MAX": str(64 * MIB), "BODY_TIMEOUT_SECONDS": "600"}

    def test_unfinished_ones_take_no_more_than_their_tenants_may(self):
        before = self.resident_mb()
        clients = []
        for number in range(60):
            head = f"POST /events/track/batch HTTP/1.1\r\nHost: localhost\r\nX-Tenant-ID: t{number % 3}\r\nContent-Length: {31 * MIB}\r\n\r\n"
            clients.append(self.open(head.encode()))
        refused = 0
        for client in clients:
            client.settimeout(0.2)
            for _ in range(30):
                if not self.send(client, b" " * MIB):
                    break
        for client in clients:
            client.settimeout(0.2)
            try:
                refused += client.recv(12) == b"HTTP/1.1 429"
            except OSError:
                pass
        self.assertGreaterEqual(refused, 57)
        self.check_growth(before, 64 * 1.25 + 40)  # the node's limit, its reserve, and what the rest takes
        self.ask("/events/track", {"event_type": "a", "event_name": "b"}, "modest")

    def test_endless_chunked_ones_are_cut_off_at_the_limit(self):
        client = self.open(b"POST /events/track HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
        for _ in range(100):
            if not self.send(client, chunk):
                break
        status, text = self.answer(client)
        self.assertEqual(status, 413, text)
        self.assertIn(str(32 * MIB).encode(), text)

    def test_pages_of_large_events_end_early_and_go_on_behind(self):
        sent = []
        for number in range(11):
            event = {"event_type": "a", "event_name": "b", "event_id": f"e{number}", "timestamp": f"2026-01-01T00:00:{number:02}Z",
                     "properties": {f"p{part}": str(number) + "x" * 60_000 for part in range(80)}}
            body = gzip.compress(json.dumps(event).encode(), 1)
            self.assertEqual(self.node.call("POST", "/events/track", body, {"Content-Encoding": "gzip"})[0], 200)
            sent.append(event["event_id"])
        found, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page = self.ask("/events/query", {"limit": 1000, **({"cursor": cursor} if cursor else {})})
            found += [each["event_id"] for each in page["events"]]
            self.assertLess(len(json.dumps(page)), 17 * MIB)
            self.assertGreater(page["count"], 0)
            cursor, pages = page["next_cursor"], pages + 1
        self.assertEqual(found, sent[::-1])
        self.assertEqual(pages, 4, "three events of 4.8 MB fit into 16 MiB")


class Strangers(BoundsTest):
    environment = {"SECRET_KEY": SECRET}

    def test_are_refused_by_their_header_and_leave_nothing(self):
        before = self.resident_mb()
        clients = [self.open(f"POST /events/track HTTP/1.1\r\nHost: localhost\r\nX-API-Key: nonsense\r\nContent-Length: {31 * MIB}\r\n\r\n".encode())
                   for _ in range(60)]
        for client in clients:
            for _ in range(3):
                self.send(client, b"x" * MIB)
        for client in clients:
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(self.answer(client)[0], 401)
        bomb = gzip.compress(b" " * (30 * MIB))
        for _ in range(30):
            self.assertEqual(self.node.call("POST", "/events/track", bomb, {"Content-Encoding": "gzip", "X-API-Key": "nonsense"})[0], 401)
        self.check_growth(before, 40)

    def test_leave_no_actors_of_tenants_that_they_make_up(self):
        admin = {"Authorization": "Bearer " + token(scopes=["admin"])}
        connection = self.node.connect()
        for number in range(2_000):
            status, _, _ = self.node.call("GET", "/events/stats", None, {"X-API-Key": f"dma.ghost{number}.a.b"}, connection)
            self.assertEqual(status, 401)
        until(lambda: self.node.call("GET", "/admin/actors?kind=tenant&limit=1", None, admin)[1]["total"], lambda total: total == 0)
        self.assertEqual(self.node.call("POST", "/admin/tenants", {"tenant_id": "ghost7"}, admin)[0], 200, "a real one can bear the name")
        made = self.node.call("POST", "/admin/api-keys", {"label": "x", "scopes": ["read"]}, {**admin, "X-Tenant-ID": "ghost7"})[1]
        self.assertEqual(self.node.call("GET", "/events/stats", None, {"X-API-Key": made["api_key"]})[0], 200)


class Connections(BoundsTest):
    environment = {"HEADER_TIMEOUT_SECONDS": "1", "IDLE_TIMEOUT_SECONDS": "1", "WRITE_TIMEOUT_SECONDS": "1", "BODY_TIMEOUT_SECONDS": "1"}

    def test_end_when_idle_too_long_or_never_finished(self):
        before = self.settled_files()
        self.assertEqual(self.answer(self.open())[0], None)
        self.assertEqual(self.answer(self.open(b"GET /health/live HTTP/1.1\r\n"))[0], 408)
        self.assertEqual(self.answer(self.open(b"POST /events/track HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"))[0], 408)
        for text in (b"GET /hea", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-", b"POST /events/track HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"):
            self.open(text).close()
        until(self.open_files, lambda now: now <= before)

    def test_are_told_of_too_large_headers_however_slowly_they_come(self):
        many = b"".join(b"X-%d: %d\r\n" % (number, number) for number in range(2_000))
        self.assertEqual(self.answer(self.open(b"GET /health/live HTTP/1.1\r\nHost: a\r\n" + many + b"\r\n"))[0], 431)
        client = self.open(b"GET /health/live HTTP/1.1\r\nHost: a\r\n")
        while self.send(client, b"X-Again: and again\r\n"):
            time.sleep(0.02)
            client.settimeout(0.001)
            try:
                if client.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                pass
        client.settimeout(PATIENCE)
        self.assertIn(self.answer(client)[0], (408, 431))

    def test_end_where_nobody_takes_the_answer(self):
        event = {"event_type": "a", "event_name": "b", "properties": {f"p{part}": "x" * 50_000 for part in range(20)}}
        for _ in range(10):
            self.ask("/events/track", event)
        before = self.settled_files()
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self.node.port))
        self.send(client, b"POST /events/query HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
        until(self.open_files, lambda now: now > before)
        until(self.open_files, lambda now: now <= before)
        status, text = self.answer(client)
        self.assertEqual(status, 200)
        self.assertLess(len(text), 10_000_000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
