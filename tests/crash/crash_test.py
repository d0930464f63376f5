"""Kills a node at random moments under load, restarts it, and at the end compares what it holds with what it acknowledged:
every acknowledged event is there once, every refused one nowhere, and every counter has exactly the sum of what was counted.

Use: crash_test.py BINARY sqlite|postgresql     DOTMAC_CRASH_ROUNDS (20), DOTMAC_CRASH_SEED
"""

import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node, Postgres  # noqa: E402

ROUNDS = int(os.environ.get("DOTMAC_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("DOTMAC_CRASH_SEED", str(random.SystemRandom().randrange(1 << 31))))
WRITERS = 8
COUNTERS = 4
TENANTS = ["acme", "zeta"]


class Ledger:
    """What each writer knows: sent, acknowledged, refused for good."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {tenant: set() for tenant in TENANTS}
        self.refused = {tenant: set() for tenant in TENANTS}
        self.unknown = {tenant: set() for tenant in TENANTS}
        self.anonymous = {tenant: 0 for tenant in TENANTS}
        self.anonymous_unknown = {tenant: 0 for tenant in TENANTS}
        self.counted = {tenant: {} for tenant in TENANTS}    # value_id -> increment, acknowledged
        self.uncounted = {tenant: {} for tenant in TENANTS}  # the same, not known to be there


def event(identifier, writer, good=True):
    body = {"event_type": "click", "event_name": "save", "user_id": f"user-{writer}", "properties": {"n": writer}}
    if identifier:
        body["event_id"] = identifier
    if not good:
        body["event_type"] = "x" * 51
    return body


def write(node, writer, seed, ledger, stop):
    """One client: single events, batches with a bad event in them, events without an id, and retries of what is not known."""
    chance = random.Random(seed)
    tenant = TENANTS[writer % len(TENANTS)]
    headers = {"X-Tenant-ID": tenant}
    retry = []
    number = 0
    connection = None
    while not stop.is_set():
        kind = chance.random()
        batch, bad = [], []
        if retry and kind < 0.3:
            batch = [retry.pop() for _ in range(min(len(retry), 5))]
        elif kind < 0.9:
            for _ in range(1 if kind < 0.6 else chance.randrange(2, 20)):
                batch.append(f"{tenant}-{writer}-{seed}-{number}")
                number += 1
            if len(batch) > 1:
                bad = [f"{tenant}-{writer}-{seed}-bad-{number}"]
        try:
            connection = connection or node.connect(timeout=10)
            if not batch:
                status, _, _ = node.call("POST", "/events/track", event(None, writer), headers, connection)
                if status == 200:
                    with ledger.lock:
                        ledger.anonymous[tenant] += 1
                elif status == 503:
                    with ledger.lock:
                        ledger.anonymous_unknown[tenant] += 1
                continue
            if len(batch) == 1 and not bad:
                status, answer, _ = node.call("POST", "/events/track", event(batch[0], writer), headers, connection)
            else:
                body = {"events": [event(each, writer) for each in batch] + [event(each, writer, good=False) for each in bad]}
                status, answer, _ = node.call("POST", "/events/track/batch", body, headers, connection)
            with ledger.lock:
                if status == 200:
                    ledger.acknowledged[tenant].update(batch)
                    ledger.refused[tenant].update(bad)
                    if bad and answer["error_count"] != len(bad):
                        raise AssertionError(answer)
                else:
                    assert status in (429, 503), (status, answer)
                    ledger.unknown[tenant].update(batch)
                    retry.extend(batch)
        except (OSError, json.JSONDecodeError, __import__("http").client.HTTPException):
            connection = None
            with ledger.lock:
                if batch:
                    ledger.unknown[tenant].update(batch)
                    retry.extend(batch)
                else:
                    ledger.anonymous_unknown[tenant] += 1
            time.sleep(0.02)


def count(node, counter, seed, ledger, stop):
    """One client that increments a counter, and sends again what was not acknowledged."""
    chance = random.Random(seed)
    tenant = TENANTS[counter % len(TENANTS)]
    number = 0
    connection = None
    while not stop.is_set():
        with ledger.lock:
            known = list(ledger.uncounted[tenant].items())
        if known and chance.random() < 0.5:
            sent = dict(chance.sample(known, min(len(known), 10)))
        else:
            sent = {f"{seed}-{number + i}": chance.randrange(1, 1_000) for i in range(chance.choice([1, 1, 30]))}
            number += len(sent)
        with ledger.lock:
            ledger.uncounted[tenant].update(sent)
        try:
            connection = connection or node.connect(timeout=10)
            if send_values(node, tenant, sent, connection):
                with ledger.lock:
                    ledger.counted[tenant].update(sent)
                    for each in sent:
                        ledger.uncounted[tenant].pop(each, None)
        except (OSError, json.JSONDecodeError, __import__("http").client.HTTPException):
            connection = None
            time.sleep(0.02)


def send_values(node, tenant, values, connection=None):
    body = {"values": [{"metric_id": "total", "value": increment, "value_id": identifier, "dimensions": {"part": identifier[-1]}}
                       for identifier, increment in values.items()]}
    status, answer, _ = node.call("POST", "/metrics/values", body, {"X-Tenant-ID": tenant}, connection)
    assert status in (200, 429, 503), (status, answer)
    assert status != 200 or {each["status"] for each in answer["values"]} <= {"recorded", "duplicate"}, answer
    return status == 200 and answer["error_count"] == 0


def check_counter(node, tenant, ledger):
    """What nobody knows of is sent once more: then the counter must be exact, however often each value was sent."""
    unknown = ledger.uncounted[tenant]
    for start in range(0, len(unknown), 1_000):
        part = dict(list(unknown.items())[start:start + 1_000])
        assert send_values(node, tenant, part)
        ledger.counted[tenant].update(part)
    status, answer, _ = node.call("POST", "/metrics/aggregate", {
        "metric_id": "total", "aggregation_method": "sum", "granularity": "all", "start_time": "2000-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"},
        {"X-Tenant-ID": tenant})
    assert status == 200, answer
    got = answer["aggregates"][0]
    wanted = (sum(ledger.counted[tenant].values()), len(ledger.counted[tenant]))
    assert (got["value"], got["sample_count"]) == wanted, f"{tenant}: the counter says {got}, counted was {wanted}"
    print(f"{tenant}: {wanted[1]} increments of the counter, {len(unknown)} of them sent again at the end", flush=True)


def read_all(node, tenant):
    """Every event of a tenant, page by page."""
    found, anonymous, cursor = [], 0, None
    while True:
        body = {"limit": 1000}
        if cursor:
            body["cursor"] = cursor
        status, answer, _ = node.call("POST", "/events/query", body, {"X-Tenant-ID": tenant})
        assert status == 200, answer
        for each in answer["events"]:
            if each["event_id"].startswith(tenant):
                found.append(each["event_id"])
            else:
                anonymous += 1
        cursor = answer["next_cursor"]
        if not cursor:
            return found, anonymous


def main():
    binary, store = sys.argv[1], sys.argv[2]
    chance = random.Random(SEED)
    print(f"seed {SEED}, {ROUNDS} rounds on {store}", flush=True)
    postgres = Postgres() if store == "postgresql" else None
    folder = tempfile.mkdtemp(prefix="dotmac-crash-")
    ledger = Ledger()
    # Small snapshots, so that kills fall into their writing too.
    node = Node(binary, folder, postgres.url() if postgres else "", SNAPSHOT_ENTRIES="40", LOG_LEVEL="warn")
    try:
        for round_number in range(ROUNDS):
            node.start()
            if round_number == 0:
                for tenant in TENANTS:
                    node.call("POST", "/metrics/", {"name": "total", "display_name": "Total", "metric_type": "counter"}, {"X-Tenant-ID": tenant})
            stop = threading.Event()
            writers = [threading.Thread(target=write, args=(node, i, chance.randrange(1 << 40), ledger, stop)) for i in range(WRITERS)]
            writers += [threading.Thread(target=count, args=(node, i, chance.randrange(1 << 40), ledger, stop)) for i in range(COUNTERS)]
            for each in writers:
                each.start()
            time.sleep(chance.uniform(0.1, 0.9))
            if postgres and round_number % 5 == 4:
                postgres.kill()
                time.sleep(chance.uniform(0.0, 0.3))
                postgres.start()
                time.sleep(chance.uniform(0.0, 0.5))
            node.kill()
            stop.set()
            for each in writers:
                each.join()
        node.start()
        for tenant in TENANTS:
            found, anonymous = read_all(node, tenant)
            counts = set(found)
            assert len(counts) == len(found), f"{tenant}: {len(found) - len(counts)} events are there twice"
            lost = ledger.acknowledged[tenant] - counts
            assert not lost, f"{tenant}: {len(lost)} acknowledged events are lost, such as {sorted(lost)[:3]}"
            risen = ledger.refused[tenant] & counts
            assert not risen, f"{tenant}: {len(risen)} refused events are there"
            strangers = counts - ledger.acknowledged[tenant] - ledger.unknown[tenant]
            assert not strangers, f"{tenant}: {len(strangers)} events that nobody sent"
            low = ledger.anonymous[tenant]
            high = low + ledger.anonymous_unknown[tenant]
            assert low <= anonymous <= high, f"{tenant}: {anonymous} events without an id, but {low} to {high} were acknowledged"
            status, stats, _ = node.call("GET", "/events/stats", None, {"X-Tenant-ID": tenant})
            assert status == 200 and stats["event_count"] == len(found) + anonymous, stats
            check_counter(node, tenant, ledger)
            print(f"{tenant}: {len(ledger.acknowledged[tenant])} acknowledged, {len(found) + anonymous} there, {len(ledger.refused[tenant])} refused", flush=True)
            assert len(ledger.acknowledged[tenant]) > ROUNDS, "too little was written to prove anything"
        assert node.stop() == 0
    except BaseException:
        sys.stderr.write(open(folder + "/node.log").read()[-4000:])
        raise
    finally:
        if node.process and node.process.poll() is None:
            node.kill()
        if postgres:
            postgres.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
