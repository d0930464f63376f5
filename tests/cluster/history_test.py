"""Three nodes over PostgreSQL, many clients, and somebody who does harm: kills, stops, restarts, drains, moves, lets nodes join and leave, takes the
database away, and, where network namespaces are permitted, cuts nodes from each other and from the database, and makes their cables slow and lossy.

Use: history_test.py BINARY     DOTMAC_TEST_SEED, DOTMAC_CLUSTER_SECONDS (120), DOTMAC_NETWORK=loopback, DOTMAC_NEMESIS=act,act

Clients write events and values with ids of their own through any node, again and again until one is acknowledged, and count what a tenant has. What
they saw is the history; it is right where no count was below what had been acknowledged before it was asked for, where at the end every
acknowledged event and value is there exactly once, and none that nobody sent, and where no two nodes served one epoch of a shard.
"""

import collections
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from cluster_world import enter_namespaces, make_world  # noqa: E402

SEED = int(os.environ.get("DOTMAC_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
SECONDS = float(os.environ.get("DOTMAC_CLUSTER_SECONDS", "120"))
TENANTS = [f"tenant-{i}" for i in range(12)]
WRITERS, READERS, NODES = 6, 3, 3
SECRET = "f3b1c5e0a94d27886b1f0e5c7d2a9b34"
METRIC = "hits"
RETRYABLE = (429, 503)


class History:
    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = collections.defaultdict(set)
        self.sent = collections.defaultdict(set)
        self.acknowledged_values = collections.defaultdict(set)
        self.sent_values = collections.defaultdict(set)
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
                self.connections[node] = node.connect(15)
            own = self.connections[node]
            own.request(method, path, json.dumps(body) if body else None, {**node.headers, "Content-Type": "application/json", "X-Tenant-ID": tenant})
            answer = own.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as why:
            if isinstance(why, TimeoutError):
                print(f"{time.strftime('%H:%M:%S')} {node.environment['NODE_ID']} does not answer {method} {path} of {tenant}", flush=True)
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
            is_value = self.random.random() < 0.3
            with self.history.lock:
                (self.history.sent_values if is_value else self.history.sent)[tenant].update(ids)
            if is_value:
                self.write(tenant, "/metrics/values", {"values": [{"metric_id": METRIC, "value": 1, "value_id": each} for each in ids]}, set(ids), self.history.acknowledged_values, self.has_recorded)
            else:
                events = [{"event_type": "page", "event_name": "view", "event_id": each, "user_id": "u" + each[-1]} for each in ids]
                self.write(tenant, "/events/track/batch", {"events": events}, set(ids), self.history.acknowledged, self.has_tracked)

    @staticmethod
    def has_tracked(answer, count):
        return answer["success_count"] == count

    @staticmethod
    def has_recorded(answer, count):
        return len(answer["values"]) == count and all(each["status"] in ("recorded", "duplicate") for each in answer["values"])

    def write(self, tenant, path, body, ids, acknowledged, is_whole):
        begun = time.monotonic()
        while time.monotonic() - begun < 60:
            status, answer = self.call(self.random.choice(self.nodes), "POST", path, tenant, body)
            if status == 200 and not is_whole(answer, len(ids)):
                return self.history.fault(f"a write was taken in part: {answer}")
            if status == 200:
                with self.history.lock:
                    acknowledged[tenant] |= ids
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
    """Each act is whole: at its end everybody is there again."""

    def __init__(self, nodes, world):
        self.random = random.Random(SEED)
        self.nodes, self.world = nodes, world
        self.acts = collections.Counter()
        self.choices = [self.kill, self.kill, self.stop_for_long, self.stop_for_long, self.restart, self.restart, self.kill_two, self.kill_database, self.drain, self.move, self.move, self.join_and_leave]
        if world.can_cut:
            self.choices += [self.cut_from_each_other, self.cut_from_each_other, self.cut_from_database, self.cut_from_database, self.cut_off, self.slow]
        if os.environ.get("DOTMAC_NEMESIS"):
            self.choices = [getattr(self, each) for each in os.environ["DOTMAC_NEMESIS"].split(",")]

    def kill(self):
        node = self.random.choice(self.nodes)
        node.kill()
        time.sleep(self.random.uniform(0, 3))
        node.start(60)

    def stop_for_long(self):
        node = self.random.choice(self.nodes)
        node.process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.choice([0.5, 3, 9]))
        node.process.send_signal(signal.SIGCONT)

    @staticmethod
    def end(node):
        code = node.stop(60)
        if code != 0:
            raise RuntimeError(f"a node ended with {code}")

    def restart(self):
        node = self.random.choice(self.nodes)
        self.end(node)
        node.start(60)

    def kill_two(self):
        for node in self.random.sample(self.nodes, 2):
            node.kill()
        time.sleep(self.random.uniform(0, 1))
        for node in self.nodes:
            if node.process.poll() is not None:
                node.start(60)

    def kill_database(self):
        self.world.postgres.kill()
        time.sleep(self.random.uniform(0.1, 4))
        self.world.postgres.start()

    def ask(self, method, path, body):
        """Of any node; what nobody can do at present is left."""
        for node in self.random.sample(self.nodes, len(self.nodes)):
            try:
                if node.call(method, path, body, connection=node.connect(5))[0] == 200:
                    return True
            except (OSError, http.client.HTTPException):
                pass
        return False

    def drain(self):
        name = self.random.choice(self.nodes).environment["NODE_ID"]
        self.ask("PUT", "/admin/cluster/nodes/" + name, {"scheduling": self.random.choice(["drain", "cordon"])})
        time.sleep(self.random.uniform(0.5, 6))
        while not self.ask("PUT", "/admin/cluster/nodes/" + name, {"scheduling": "serve"}):
            time.sleep(0.5)

    def move(self):
        for _ in range(20):
            name = self.random.choice(self.nodes).environment["NODE_ID"]
            self.ask("PUT", f"/admin/cluster/shards/{self.random.randrange(256)}", {"node": name})
        time.sleep(self.random.uniform(0, 3))
        if self.random.random() < 0.3:
            self.ask("POST", "/admin/cluster/rebalance", {})

    def join_and_leave(self):
        guest = self.guest = getattr(self, "guest", None) or self.world.node(NODES, SNAPSHOT_ENTRIES="50", SECRET_KEY=SECRET, LOG_LEVEL="debug")
        guest.headers = self.nodes[0].headers
        guest.start(60)
        time.sleep(self.random.uniform(0, 5))
        if self.random.random() < 0.5:
            self.end(guest)
        else:
            guest.kill()

    def numbers(self, count):
        return self.random.sample(range(NODES), count)

    def for_a_while(self):
        time.sleep(self.random.choice([0.5, 2, 4, 8, 12]))
        self.world.heal()

    def cut_from_each_other(self):
        one, other = self.numbers(2)
        self.world.cut(one, other, self.random.random() < 0.5)
        self.for_a_while()

    def cut_from_database(self):
        self.world.cut_from_database(self.numbers(1)[0])
        self.for_a_while()

    def cut_off(self):
        one = self.numbers(1)[0]
        self.world.cut_from_database(one)
        for other in range(NODES):
            if other != one:
                self.world.cut(one, other)
        self.for_a_while()

    def slow(self):
        self.world.make_slow(self.numbers(1)[0])
        self.for_a_while()

    def act(self):
        act = self.random.choice(self.choices)
        self.acts[act.__name__] += 1
        print(f"{time.strftime('%H:%M:%S')} {act.__name__}", flush=True)
        act()


def exported(node, tenant):
    ids = collections.Counter()
    connection = node.connect(60)
    connection.request("POST", "/events/export", json.dumps({"columns": ["event_id"]}), {**node.headers, "Content-Type": "application/json", "X-Tenant-ID": tenant})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"export: {answer.status} {body[:300]}")
    for line in body.splitlines():
        ids[json.loads(line)["event_id"]] += 1
    return ids


def recorded(node, tenant):
    ids, cursor = collections.Counter(), None
    while True:
        body = {"metric_id": METRIC, "limit": 1000, **({"cursor": cursor} if cursor else {})}
        status, answer, _ = node.call("POST", "/metrics/values/query", body, {"X-Tenant-ID": tenant}, connection=node.connect(60))
        if status != 200:
            raise RuntimeError(f"values: {status} {answer}")
        for each in answer["values"]:
            ids[each["id"]] += 1
        cursor = answer["next_cursor"]
        if not cursor:
            return ids


def check_of(history, tenant, what, answers, acknowledged, sent):
    if any(each != answers[0] for each in answers):
        history.fault(f"nodes tell different {what} of {tenant}")
    found = answers[0]
    lost = acknowledged - set(found)
    if lost:
        history.fault(f"{tenant} lost {len(lost)} acknowledged {what}, for instance {sorted(lost)[:3]}")
    twice = [each for each, times in found.items() if times > 1]
    if twice:
        history.fault(f"{tenant} has {len(twice)} {what} more than once, for instance {twice[:3]}")
    unknown = set(found) - sent
    if unknown:
        history.fault(f"{tenant} has {what} that nobody sent: {sorted(unknown)[:3]}")


def check_epochs(history, folder):
    """By the logs of all nodes: who served which epoch of a shard. Lines of one node are told apart by the life they are of."""
    owners = collections.defaultdict(set)
    for name in sorted(os.listdir(folder)):
        log, life = f"{folder}/{name}/node.log", 0
        if not os.path.exists(log):
            continue
        for line in open(log, errors="replace"):
            if "joined cluster" in line:
                life += 1
            found = re.search(r"shard (\d+) epoch (\d+): start", line)
            if found:
                owners[found.groups()].add((name, life))
    if not owners:
        history.fault("no log tells of a shard that was served")
    for (shard, epoch), who in owners.items():
        if len(who) > 1:
            history.fault(f"epoch {epoch} of shard {shard} was served by {sorted(who)}")
    return len(owners)


def check(history, nodes):
    for tenant in TENANTS:
        check_of(history, tenant, "events", [exported(node, tenant) for node in nodes], history.acknowledged[tenant], history.sent[tenant])
        check_of(history, tenant, "values", [recorded(node, tenant) for node in nodes], history.acknowledged_values[tenant], history.sent_values[tenant])


def start_nodes(world, binary):
    token = subprocess.run([binary, "make-token"], env={**os.environ, "SECRET_KEY": SECRET}, capture_output=True, text=True, check=True).stdout.strip()
    nodes = []
    for number in range(NODES):
        nodes.append(world.node(number, SNAPSHOT_ENTRIES="50", SECRET_KEY=SECRET, LOG_LEVEL="debug"))
        nodes[-1].headers = {"Authorization": "Bearer " + token}
        nodes[-1].start()
    for tenant in TENANTS:
        status, answer, _ = nodes[0].call("POST", "/metrics/", {"name": METRIC, "display_name": "Hits", "metric_type": "counter"}, {"X-Tenant-ID": tenant})
        if status != 200:
            raise RuntimeError(f"no metric: {status} {answer}")
    return nodes


def main(binary):
    has_namespaces = enter_namespaces()
    print(f"DOTMAC_TEST_SEED={SEED} DOTMAC_CLUSTER_SECONDS={SECONDS:g} in {'network namespaces' if has_namespaces else 'one network'}", flush=True)
    folder = tempfile.mkdtemp(prefix="dotmac-cluster-")
    world = make_world(binary, folder, "history")
    nodes, nemesis = [], None
    try:
        nodes = start_nodes(world, binary)
        history, over = History(), threading.Event()
        clients = [Writer(i, nodes, history, over) for i in range(WRITERS)] + [Reader(100 + i, nodes, history, over) for i in range(READERS)]
        for each in clients:
            each.start()
        nemesis = Nemesis(nodes, world)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and not history.faults:
            time.sleep(nemesis.random.uniform(0.5, 4))
            nemesis.act()
        time.sleep(2)
        over.set()
        for each in clients:
            each.join(90)
        check(history, nodes)
        epochs = check_epochs(history, folder)
        waits = sorted(history.waits)
        count = sum(len(each) for each in [*history.acknowledged.values(), *history.acknowledged_values.values()])
        print(f"{count} events and values acknowledged in {len(waits)} writes, {history.reads} counts, {epochs} epochs of shards; "
              f"acts {dict(nemesis.acts)}; refusals {dict(history.refusals)}; waits: median {waits[len(waits) // 2] * 1000:.0f} ms, "
              f"p99 {waits[len(waits) * 99 // 100] * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms")
        return 1 if history.faults else 0
    finally:
        for node in [*nodes, *([nemesis.guest] if hasattr(nemesis, "guest") else [])]:
            if node.process and node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
                node.kill()
        world.close()
        if os.environ.get("DOTMAC_KEEP"):
            print("kept", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
