"""A cluster is upgraded to a later release node by node, and taken back, while clients write and read: every request is answered, every event is there once.

Use: upgrade_test.py BINARY NEXT_BINARY     DOTMAC_TEST_SEED

NEXT_BINARY is the same program as a later release may be (tests/cluster/next_release): it speaks one protocol more, in which every call and every answer has
fields that the first does not know, and its schema has a step more. Clients do what a load balancer does: they leave out a node that the operator takes out before
it is ended. Whatever is not answered with 200 is a failure.
"""

import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from cluster_world import Loopback  # noqa: E402

BINARY, NEXT_BINARY = sys.argv.pop(1), sys.argv.pop(1)
SEED = int(os.environ.get("DOTMAC_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
TENANTS = [f"tenant-{i}" for i in range(10)]
WRITERS, READERS, NODES = 3, 2, 3
WRITES_EACH_STEP = 60  # between two steps of the upgrade, so that every mixture of releases is under load


class Traffic:
    """Clients behind a load balancer."""

    def __init__(self, nodes):
        self.lock = threading.Lock()
        self.in_rotation = list(nodes)
        self.acknowledged = collections.defaultdict(set)
        self.recorded = collections.defaultdict(set)
        self.faults, self.writes, self.reads = [], 0, 0
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(i,), daemon=True) for i in range(WRITERS)]
        self.threads += [threading.Thread(target=self.read, args=(i,), daemon=True) for i in range(READERS)]

    def begin(self):
        for each in self.threads:
            each.start()

    def end(self):
        self.over.set()
        for each in self.threads:
            each.join(60)

    def ask(self, chance, method, path, body, tenant):
        """The answer, or nothing where it is none."""
        with self.lock:
            node = chance.choice(self.in_rotation)
        try:
            status, answer, _ = node.call(method, path, body, {"X-Tenant-ID": tenant})
        except Exception as why:  # noqa: BLE001  whatever keeps a request from being answered
            status, answer = None, repr(why)
        if status != 200:
            with self.lock:
                self.faults.append(f"{method} {path} of {tenant} at {node.environment['NODE_ID']}: {status} {str(answer)[:300]}")
            return None
        return answer

    def write(self, number):
        chance = random.Random(SEED * 100 + number)
        count = 0
        while not self.over.is_set():
            tenant = chance.choice(TENANTS)
            count += 1
            ids = [f"{number}-{count}-{i}" for i in range(chance.choice([1, 1, 4]))]
            if chance.random() < 0.3:
                answer = self.ask(chance, "POST", "/metrics/values", {"values": [{"metric_id": "hits", "value": 1, "value_id": each} for each in ids]}, tenant)
                if answer and all(each["status"] == "recorded" for each in answer["values"]):
                    with self.lock:
                        self.recorded[tenant].update(ids)
            else:
                events = [{"event_type": "page", "event_name": "view", "event_id": each, "user_id": "u" + each[-1]} for each in ids]
                answer = self.ask(chance, "POST", "/events/track/batch", {"events": events}, tenant)
                if answer and answer["success_count"] == len(ids):
                    with self.lock:
                        self.acknowledged[tenant].update(ids)
            if answer:
                with self.lock:
                    self.writes += 1

    def read(self, number):
        chance = random.Random(SEED * 100 + 50 + number)
        while not self.over.is_set():
            tenant = chance.choice(TENANTS)
            with self.lock:
                least = len(self.acknowledged[tenant])
            answer = self.ask(chance, "GET", "/events/stats", None, tenant)
            if answer and answer["event_count"] < least:
                self.faults.append(f"{answer['event_count']} events of {tenant} where {least} were acknowledged")
            self.ask(chance, "POST", "/events/query", {"event_type": "page", "limit": 5}, tenant)
            with self.lock:
                self.reads += 1


class UpgradeTest(unittest.TestCase):
    def setUp(self):
        print(f"DOTMAC_TEST_SEED={SEED}", flush=True)
        self.folder = tempfile.mkdtemp(prefix="dotmac-upgrade-")
        self.world = Loopback(BINARY, self.folder, "upgrade")
        self.nodes = [self.world.node(i) for i in range(NODES)]

    def tearDown(self):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.kill()
        self.world.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, number, begin=0):
        with open(f"{self.folder}/n{number}/node.log", errors="replace") as log:
            return log.read()[begin:]

    def wait_for(self, what, is_so, within=60):
        until = time.monotonic() + within
        while not is_so():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def load_this_mixture(self, traffic):
        """Until every node has its share, and so much was written since."""
        def is_even():
            nodes = traffic.in_rotation[0].call("GET", "/admin/cluster")[1]["nodes"]
            return len(nodes) == NODES and all(each["shards"] in (85, 86) for each in nodes)
        self.wait_for("even shares", is_even)
        with traffic.lock:
            enough = traffic.writes + WRITES_EACH_STEP
        self.wait_for("writes", lambda: traffic.writes >= enough or traffic.faults)
        self.assertEqual(traffic.faults, [])

    def replace(self, number, binary, traffic):
        node = self.nodes[number]
        with traffic.lock:
            traffic.in_rotation.remove(node)
        self.assertEqual(node.stop(60), 0)
        node.binary = binary
        node.start(60)
        with traffic.lock:
            traffic.in_rotation.append(node)
        self.load_this_mixture(traffic)

    def protocols_since(self, number, begin):
        """Of the ways that a node went since then, by the node at the other end: the last one counts."""
        return {each.group(1): int(each.group(2)) for each in re.finditer(r"the way to (\w+)#\d+ at \S+: connected, protocol (\d+)", self.log(number, begin))}

    def check_everything_is_there_once(self, traffic):
        for tenant in TENANTS:
            for node in self.nodes:
                connection = node.connect(60)
                connection.request("POST", "/events/export", json.dumps({"columns": ["event_id"]}), {"Content-Type": "application/json", "X-Tenant-ID": tenant})
                answer = connection.getresponse()
                found = collections.Counter(json.loads(line)["event_id"] for line in answer.read().splitlines())
                connection.close()
                self.assertEqual(answer.status, 200)
                self.assertEqual(set(found), traffic.acknowledged[tenant])
                self.assertEqual(set(found.values()) - {1}, set(), tenant)
                values, cursor = collections.Counter(), None
                while True:
                    body = {"metric_id": "hits", "limit": 1000, **({"cursor": cursor} if cursor else {})}
                    status, answer, _ = node.call("POST", "/metrics/values/query", body, {"X-Tenant-ID": tenant})
                    self.assertEqual(status, 200, answer)
                    values.update(each["id"] for each in answer["values"])
                    cursor = answer["next_cursor"]
                    if not cursor:
                        break
                self.assertEqual(values, collections.Counter(traffic.recorded[tenant]))

    def test_a_cluster_is_upgraded_and_taken_back_node_by_node_and_no_request_fails(self):
        for node in self.nodes:
            node.start(60)
        for tenant in TENANTS:
            status, answer, _ = self.nodes[0].call("POST", "/metrics/", {"name": "hits", "display_name": "Hits", "metric_type": "counter"}, {"X-Tenant-ID": tenant})
            self.assertIn(status, (200, 201), answer)
        traffic = Traffic(self.nodes)
        traffic.begin()
        try:
            self.load_this_mixture(traffic)
            # The schema first: nodes of the release before go on with it.
            subprocess.run([NEXT_BINARY, "init-db"], env=dict(os.environ, DATABASE_URL=self.world.postgres.url()), check=True, stdout=subprocess.DEVNULL)
            self.load_this_mixture(traffic)
            begins = [len(self.log(i)) for i in range(NODES)]
            self.replace(0, NEXT_BINARY, traffic)
            self.assertEqual(self.protocols_since(0, begins[0]), {"n1": 1, "n2": 1})
            self.replace(1, NEXT_BINARY, traffic)
            self.assertEqual(self.protocols_since(1, begins[1]), {"n0": 2, "n2": 1})
            # One of the release before that is started anew beside them: it starts with their schema.
            self.replace(2, BINARY, traffic)
            self.assertEqual(self.protocols_since(2, begins[2]), {"n0": 1, "n1": 1})
            begins[2] = len(self.log(2))
            self.replace(2, NEXT_BINARY, traffic)
            self.assertEqual(self.protocols_since(2, begins[2]), {"n0": 2, "n1": 2})
            for number in range(NODES):
                self.replace(number, BINARY, traffic)
        finally:
            traffic.end()
        self.assertEqual(traffic.faults, [])
        self.check_everything_is_there_once(traffic)
        print(f"[ measured ] {traffic.writes} writes and {traffic.reads} reads through {NODES * 2 + 1} replacements, none failed", flush=True)


if __name__ == "__main__":
    unittest.main()
