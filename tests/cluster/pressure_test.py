"""A cluster under pressure: the database takes nothing for a while, a node hangs for less than its lease, clients send more than may be under way.

Every call is answered by its deadline, with what the client can act upon; nobody else suffers; nothing that was acknowledged is lost or doubled.

Use: pressure_test.py BINARY
"""

import collections
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import POSTGRES, Node, Postgres  # noqa: E402

BINARY = sys.argv.pop(1)
SANITIZED = "DOTMAC_TEST_SANITIZED" in os.environ  # a sanitizer's own memory is larger than that of the node
CALLS_MAX = 40       # of one tenant under way
WRITERS = 100        # of each tenant, through each node
MEMORY_MAX = 400 << 20
DEADLINE = 5         # seconds


class PressureTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dotmac-pressure-")
        self.postgres = Postgres()
        self.nodes = {}
        for name in ("a", "b"):
            os.makedirs(f"{self.folder}/{name}")
            self.nodes[name] = Node(BINARY, f"{self.folder}/{name}", self.postgres.url(), CLUSTER_NAME="pressure", NODE_ID=name, TENANT_CALLS_IN_FLIGHT_MAX=str(CALLS_MAX),
                                    REQUEST_TIMEOUT_SECONDS=str(DEADLINE)).start()
        self.wait_for("even shares", lambda: sorted(each["shards"] for each in self.cluster()["nodes"]) == [128, 128])
        owners = {}
        for i in range(64):
            owners.setdefault(self.place_of(f"t{i}"), f"t{i}")
        self.of_a, self.of_b = owners["a"], owners["b"]
        self.acknowledged = collections.defaultdict(set)
        self.lock = threading.Lock()
        for tenant in (self.of_a, self.of_b):
            self.assertEqual(self.write("a", tenant, f"{tenant}-first")[0], 200)

    def tearDown(self):
        for node in self.nodes.values():
            if node.process and node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
                node.kill()
        self.postgres.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cluster(self):
        return self.nodes["a"].call("GET", "/admin/cluster")[1]

    def place_of(self, tenant):
        return self.nodes["a"].call("GET", f"/admin/cluster/tenants/{tenant}")[1]["owner"]

    def wait_for(self, what, is_so, within=60):
        until = time.monotonic() + within
        while not is_so():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def write(self, node, tenant, event_id):
        status, answer, headers = self.nodes[node].call("POST", "/events/track", {"event_type": "a", "event_name": "b", "event_id": event_id}, {"X-Tenant-ID": tenant})
        if status == 200:
            with self.lock:
                self.acknowledged[tenant].add(event_id)
        return status, answer, headers

    def flood(self, until, found):
        """Writers of both tenants through both nodes, each with one call after the other."""
        def run(node, tenant, number):
            for i in range(1_000_000):
                if until.is_set():
                    return
                try:
                    status, answer, headers = self.write(node, tenant, f"{tenant}-{node}-{number}-{i}")
                    what = (status, answer.get("code") if isinstance(answer, dict) else None, "Retry-After" in headers)
                except OSError as why:
                    what = (0, repr(why), False)
                with self.lock:
                    found[node, tenant][what] += 1
                if status_of(what) != 200:
                    time.sleep(0.02)
        threads = [threading.Thread(target=run, args=(node, tenant, number)) for node in self.nodes for tenant in (self.of_a, self.of_b) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        return threads

    def check_history(self):
        """Each event that was acknowledged is there once, and none is twice."""
        for tenant, ids in self.acknowledged.items():
            for node in self.nodes.values():
                found, cursor = [], None
                while True:
                    body = {"start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z", "limit": 1_000, **({"cursor": cursor} if cursor else {})}
                    status, answer, _ = node.call("POST", "/events/query", body, {"X-Tenant-ID": tenant})
                    self.assertEqual(status, 200, answer)
                    found += [each["event_id"] for each in answer["events"]]
                    cursor = answer["next_cursor"]
                    if not cursor:
                        break
                self.assertEqual(len(found), len(set(found)), "doubled")
                self.assertEqual(ids - set(found), set(), "lost")

    def memory_of(self, node):
        with open(f"/proc/{self.nodes[node].process.pid}/status") as text:
            return next(int(line.split()[1]) << 10 for line in text if line.startswith("VmRSS"))

    def check_answers(self, found, may_be):
        for (node, tenant), answers in found.items():
            for (status, code, can_retry), times in answers.items():
                self.assertIn(status, may_be, (node, tenant, code, times))
                if status in (429, 503):
                    self.assertTrue(can_retry and code, (node, tenant, status, code))

    def test_a_database_that_takes_no_writes_for_a_while_costs_refusals_and_nothing_else(self):
        found, done = collections.defaultdict(collections.Counter), threading.Event()
        held = subprocess.Popen([POSTGRES + "/psql", "-q", self.postgres.url()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        held.stdin.write("BEGIN; LOCK TABLE journal IN ACCESS EXCLUSIVE MODE;\n\\echo locked\n")
        held.stdin.flush()
        self.assertEqual(held.stdout.readline().strip(), "locked")
        threads = self.flood(done, found)
        questions = collections.Counter(self.nodes[node].call("GET", "/events/stats", None, {"X-Tenant-ID": tenant})[0] for _ in range(5) for node in self.nodes for tenant in (self.of_a, self.of_b))
        time.sleep(3 * DEADLINE)
        memory = {node: self.memory_of(node) for node in self.nodes}
        held.stdin.write("ROLLBACK;\n\\q\n")
        held.stdin.close()
        held.wait(30)
        held.stdout.close()
        refused = sum(times for answers in found.values() for what, times in answers.items() if status_of(what) != 200)
        self.assertGreater(refused, 0, "it was no pressure")
        self.wait_for("writes again", lambda: all(self.write(node, tenant, f"{tenant}-{node}-after")[0] == 200 for node in self.nodes for tenant in (self.of_a, self.of_b)))
        done.set()
        for thread in threads:
            thread.join(60)
        self.check_answers(found, {200, 429, 503, 504})
        self.assertLessEqual(set(questions), {200, 429, 503, 504}, questions)
        if not SANITIZED:
            self.assertLess(max(memory.values()), MEMORY_MAX, memory)
        self.check_history()

    def test_a_node_that_hangs_for_less_than_its_lease_keeps_its_own_tenants_waiting_and_nobody_else(self):
        found, done = collections.defaultdict(collections.Counter), threading.Event()
        threads = []
        self.nodes["b"].process.send_signal(signal.SIGSTOP)
        try:
            def run(number):
                i = 0
                while not done.is_set():
                    for tenant in (self.of_a, self.of_b):
                        status, answer, headers = self.write("a", tenant, f"{tenant}-{number}-{i}")
                        with self.lock:
                            found["a", tenant][status, answer.get("code"), "Retry-After" in headers] += 1
                    i += 1
            threads = [threading.Thread(target=run, args=(number,)) for number in range(2 * CALLS_MAX)]
            for thread in threads:
                thread.start()
            self.wait_for("the limit of its tenant", lambda: any(status_of(what) == 429 for what in found["a", self.of_b]), 3)
            for i in range(20):
                self.assertEqual(self.write("a", self.of_a, f"{self.of_a}-meanwhile-{i}")[0] in (200, 429), True)
            time.sleep(2)
            self.assertLess(self.memory_of("a"), MEMORY_MAX * (10 if SANITIZED else 1))
        finally:
            self.nodes["b"].process.send_signal(signal.SIGCONT)
        self.wait_for("writes again", lambda: self.write("a", self.of_b, f"{self.of_b}-after")[0] == 200)
        done.set()
        for thread in threads:
            thread.join(60)
        self.check_answers(found, {200, 429, 503, 504})
        self.assertGreater(found["a", self.of_a][200, None, False], 0)
        self.check_history()


def status_of(what):
    return what[0]


if __name__ == "__main__":
    unittest.main()
