"""What probes and operators see of a node that starts, runs and stops: readiness, and the access log.

Use: readiness_test.py BINARY
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node  # noqa: E402
from node_test_case import BINARY, NodeTest  # noqa: E402

EVENT = {"event_type": "a", "event_name": "b"}


def until(wanted):
    end = time.monotonic() + 60
    while not wanted():
        if time.monotonic() > end:
            raise AssertionError("it did not come")
        time.sleep(0.02)


class Starting(unittest.TestCase):
    def test_is_seen_by_probes_and_calls_are_told_to_come_again(self):
        """A store that takes connections and never says a word: the node cannot get ready."""
        import subprocess
        folder = tempfile.mkdtemp(prefix="dotmac-starting-")
        self.addCleanup(shutil.rmtree, folder, True)
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        node = Node(BINARY, folder)
        environment = dict(os.environ, DATA_DIR=folder, PORT=str(node.port), DATABASE_URL=f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x")
        with open(folder + "/node.log", "ab") as log:
            node.process = subprocess.Popen([BINARY, "serve"], env=environment, stderr=log)
        self.addCleanup(node.kill)

        def is_live():
            try:
                return node.call("GET", "/health/live")[0] == 200
            except OSError:
                return False
        until(is_live)
        for method, path, body in (("GET", "/health/ready", None), ("POST", "/events/track", EVENT), ("GET", "/events/stats", None)):
            status, answer, headers = node.call(method, path, body)
            self.assertEqual((status, answer["code"]), (503, "not_ready"), path)
            self.assertIn("Retry-After", headers)
        self.assertEqual(node.call("GET", "/metrics")[0], 200)
        self.assertEqual(node.call("GET", "/health/detailed")[1]["components"]["node"]["status"], "starting")


class Leaving(NodeTest):
    environment = {"DRAIN_SECONDS": "3600"}

    def test_is_seen_by_probes_while_calls_are_still_taken(self):
        self.node.process.send_signal(signal.SIGTERM)
        until(lambda: self.node.call("GET", "/health/ready")[0] == 503)
        status, answer, headers = self.node.call("GET", "/health/ready")
        self.assertEqual((status, answer["code"]), (503, "draining"))
        self.assertIn("Retry-After", headers)
        status, _, headers = self.node.call("POST", "/events/track", EVENT)
        self.assertEqual((status, headers["Connection"]), (200, "close"))
        self.assertEqual(self.node.stop(), 0, "a second signal ends the grace")
        self.node.start()
        self.assertEqual(self.node.call("GET", "/events/stats")[1]["event_count"], 1)


class AccessLog(NodeTest):
    environment = {"LOG_ACCESS": "all"}

    def lines(self):
        with open(self.folder + "/node.log", encoding="utf-8") as log:
            return [line.split(" access ", 1)[1].split() for line in log if " access " in line]

    def test_has_a_line_for_every_request(self):
        for number in range(50):
            self.node.call("POST", "/events/track?secret=1", EVENT, {"X-Tenant-ID": "acme", "X-Request-ID": f"mine-{number}"})
        self.node.call("GET", "/nowhere", None, {"X-Request-ID": "lost"})
        until(lambda: any("request=lost" in line for line in self.lines()))
        lines = {dict(part.split("=", 1) for part in line)["request"]: dict(part.split("=", 1) for part in line) for line in self.lines()}
        for number in range(50):
            line = lines[f"mine-{number}"]
            self.assertEqual((line["tenant"], line["method"], line["path"], line["status"], line["remote"]), ("acme", "POST", "/events/track", "200", "127.0.0.1"))
            self.assertGreater(int(line["in"]), 0)
            self.assertGreater(int(line["out"]), 0)
            self.assertGreaterEqual(int(line["us"]), 0)
        self.assertEqual((lines["lost"]["tenant"], lines["lost"]["status"]), ("-", "404"))


class FailureLog(AccessLog):
    environment = {"CONNECTIONS_MAX": "2"}

    def test_has_a_line_for_every_request(self):
        """By default: of failures alone."""
        self.node.call("POST", "/events/track", EVENT, {"X-Request-ID": "fine"})
        held = [socket.create_connection(("127.0.0.1", self.node.port)) for _ in range(2)]
        for each in held:
            self.addCleanup(each.close)
        until(lambda: len(os.listdir(f"/proc/{self.node.process.pid}/fd")) > 2)

        def is_turned_away():
            with socket.create_connection(("127.0.0.1", self.node.port), timeout=60) as client:
                client.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
                return client.recv(12) == b"HTTP/1.1 503"
        until(is_turned_away)
        until(lambda: any("status=503" in line for line in self.lines()))
        self.assertFalse([line for line in self.lines() if "request=fine" in line])


if __name__ == "__main__":
    unittest.main(verbosity=2)
