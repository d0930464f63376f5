"""Three nodes over PostgreSQL, many clients, and somebody who does harm: kills, stops, restarts, sends nodes away, takes the database away.

Use: history_test.py BINARY     DOTMAC_TEST_SEED, DOTMAC_CLUSTER_SECONDS (60)

Clients write events with ids of their own through any node, again and again until one is acknowledged, and count what a tenant has. What they
saw is the history; it is right where no count was below what had been acknowledged before it was asked for, and at the end every
acknowledged event is there exactly once, and no event that nobody sent.
"""

import collections
import http.client
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node, Postgres  # noqa: E402

SEED = int(os.environ.get("DOTMAC_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
SECONDS = float(os.environ.get("DOTMAC_CLUSTER_SECONDS", "60"))
TENANTS = [f"tenant-{i}" for i in range(12)]
WRITERS, READERS, NODES = 6, 3, 3
RETRYABLE = (429, 503)


class History:
    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = collections.defaultdict(set)
        self.sent = collections.defaultdict(set)
        self.faults = []
        self.waits = []  # seconds from the first attempt to the acknowledgement
        self.reads = 0
        self.refusals = collections.Counter()

    def fault(self, text):
        with self.lock:
            self.faults.append(text)
        print("FAULT", text, flush=True)


class Client(threading.Thread):
    def __init__(self, number, nodes, history, over):
        super().__init__(daemon=True)
        self.random = random.Random(SEED * 1000 + number)
        self.number, self.nodes, self.history, self.over = number, nodes, history, over
        self.connections = {}

    def call(self, node, method, path, tenant, body=None):
        """(status, answer); None where the connection broke."""
        try:
            if node not in self.connections:
                self.connections[node] = http.client.HTTPConnection("127.0.0.1", node.port, timeout=15)
            own = self.connections[node]
            own.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json", "X-Tenant-ID": tenant})
            answer = own.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            if node in self.connections:
                self.connections.pop(node).close()
            return None, None


class Writer(Client):
    def run(self):
        count = 0
        while not self.over.is_set():
            tenant = self.random.choice(TENANTS)
            ids = [f"{self.number}-{count}-{i}" for i in range(self.random.choice([1, 1, 5]))]
            count += 1
            with self.history.lock:
                self.history.sent[tenant].update(ids)
            self.write(tenant, [{"event_type": "page", "event_name": "view", "event_id": each, "user_id": "u" + each[-1]} for each in ids], set(ids))

    def write(self, tenant, events, ids):
        begun = time.monotonic()
        while time.monotonic() - begun < 60:
            status, answer = self.call(self.random.choice(self.nodes), "POST", "/events/track/batch", tenant, {"events": events})
            if status == 200 and answer["success_count"] != len(ids):
                return self.history.fault(f"a write was taken in part: {answer}")
            if status == 200:
                with self.history.lock:
                    self.history.acknowledged[tenant] |= ids
                    self.history.waits.append(time.monotonic() - begun)
                return
            with self.history.lock:
                self.history.refusals[status] += 1
            if status is not None and status not in RETRYABLE:
                return self.history.fault(f"a write was answered with {status}: {answer}")
            time.sleep(0.02)
        self.history.fault(f"nobody took a write of {tenant} for a minute")


class Reader(Client):
    def run(self):
        while not self.over.is_set():
            tenant = self.random.choice(TENANTS)
            with self.history.lock:
                least = len(self.history.acknowledged[tenant])
            node = self.random.choice(self.nodes)
            status, answer = self.call(node, "GET", "/events/stats", tenant)
            if status == 200:
                with self.history.lock:
                    self.history.reads += 1
                if answer["event_count"] < least:
                    self.history.fault(f"{node.environment['NODE_ID']} counts {answer['event_count']} events of {tenant} where {least} were acknowledged")
            elif status is not None and status not in RETRYABLE:
                self.history.fault(f"a question was answered with {status}: {answer}")
            else:
                time.sleep(0.02)


class Nemesis:
    def __init__(self, nodes, postgres):
        self.random = random.Random(SEED)
        self.nodes, self.postgres = nodes, postgres
        self.acts = collections.Counter()

    def kill(self):
        node = self.random.choice(self.nodes)
        node.kill()
        time.sleep(self.random.uniform(0, 3))
        node.start()

    def stop_for_long(self):
        node = self.random.choice(self.nodes)
        node.process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.choice([0.5, 3, 9]))
        node.process.send_signal(signal.SIGCONT)

    def restart(self):
        node = self.random.choice(self.nodes)
        code = node.stop(60)
        if code != 0:
            raise RuntimeError(f"a node ended with {code}")
        node.start()

    def kill_two(self):
        for node in self.random.sample(self.nodes, 2):
            node.kill()
        time.sleep(self.random.uniform(0, 1))
        for node in self.nodes:
            if node.process.poll() is not None:
                node.start()

    def kill_database(self):
        self.postgres.kill()
        time.sleep(self.random.uniform(0.1, 4))
        self.postgres.start()

    def act(self):
        act = self.random.choice([self.kill, self.kill, self.stop_for_long, self.stop_for_long, self.restart, self.restart, self.kill_two, self.kill_database])
        self.acts[act.__name__] += 1
        print(f"{time.strftime('%H:%M:%S')} {act.__name__}", flush=True)
        act()


def exported(node, tenant):
    ids, status = collections.Counter(), None
    connection = node.connect(60)
    connection.request("POST", "/events/export", json.dumps({"columns": ["event_id"]}), {"Content-Type": "application/json", "X-Tenant-ID": tenant})
    answer = connection.getresponse()
    status = answer.status
    body = answer.read()
    if status != 200:
        raise RuntimeError(f"export: {status} {body[:300]}")
    for line in body.splitlines():
        ids[json.loads(line)["event_id"]] += 1
    return ids


def check(history, nodes):
    for tenant in TENANTS:
        answers = [exported(node, tenant) for node in nodes]
        if any(each != answers[0] for each in answers):
            history.fault(f"nodes tell different events of {tenant}")
        found = answers[0]
        lost = history.acknowledged[tenant] - set(found)
        if lost:
            history.fault(f"{tenant} lost {len(lost)} acknowledged events, for instance {sorted(lost)[:3]}")
        twice = [each for each, times in found.items() if times > 1]
        if twice:
            history.fault(f"{tenant} has {len(twice)} events more than once, for instance {twice[:3]}")
        unknown = set(found) - history.sent[tenant]
        if unknown:
            history.fault(f"{tenant} has events that nobody sent: {sorted(unknown)[:3]}")


def main(binary):
    print(f"DOTMAC_TEST_SEED={SEED} DOTMAC_CLUSTER_SECONDS={SECONDS:g}", flush=True)
    folder = tempfile.mkdtemp(prefix="dotmac-cluster-")
    postgres = Postgres()
    nodes = []
    try:
        for number in range(NODES):
            own = f"{folder}/n{number}"
            os.mkdir(own)
            nodes.append(Node(binary, own, postgres.url(), CLUSTER_NAME="history", NODE_ID=f"n{number}", SNAPSHOT_ENTRIES="50"))
            nodes[-1].start()
        history, over = History(), threading.Event()
        clients = [Writer(i, nodes, history, over) for i in range(WRITERS)] + [Reader(100 + i, nodes, history, over) for i in range(READERS)]
        for each in clients:
            each.start()
        nemesis = Nemesis(nodes, postgres)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and not history.faults:
            time.sleep(nemesis.random.uniform(0.5, 4))
            nemesis.act()
        time.sleep(2)
        over.set()
        for each in clients:
            each.join(90)
        check(history, nodes)
        waits = sorted(history.waits)
        print(f"{sum(len(each) for each in history.acknowledged.values())} events acknowledged in {len(waits)} writes, {history.reads} counts; "
              f"acts {dict(nemesis.acts)}; refusals {dict(history.refusals)}; waits: median {waits[len(waits) // 2] * 1000:.0f} ms, "
              f"p99 {waits[len(waits) * 99 // 100] * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms")
        return 1 if history.faults else 0
    finally:
        for node in nodes:
            if node.process and node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
                node.kill()
        postgres.close()
        if os.environ.get("DOTMAC_KEEP"):
            print("kept", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
