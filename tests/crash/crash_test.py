"""Kills a node at random moments under load, restarts it, and at the end compares what it holds with what it acknowledged:
every acknowledged event is there once, every refused one nowhere, and every counter has exactly the sum of what was counted. What nobody
knows the outcome of is sent again, also after restarts. In every other round actors leave memory when their tenants pause.

Use: crash_test.py BINARY sqlite|postgresql     DOTMAC_CRASH_ROUNDS (20), DOTMAC_CRASH_SEED
"""

import asyncio
import concurrent.futures
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node, Postgres  # noqa: E402

ROUNDS = int(os.environ.get("DOTMAC_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("DOTMAC_CRASH_SEED", str(random.SystemRandom().randrange(1 << 31))))
WRITERS = 56
COUNTERS = 8
TENANTS = ["acme", "beta", "gamma", "zeta"]
PAUSE_EVERY, PAUSE = 2.2, 1.5  # a tenant writes for the rest of each period; a pause is longer than the idle second of an actor
# One thread for what blocks. It outlives the rounds: PostgreSQL ends with the thread that started it.
BESIDE = concurrent.futures.ThreadPoolExecutor(1)
# With these codes nothing was written, for certain.
CERTAIN = {"too_many_requests", "storage_unavailable", "draining", "not_ready"}


class Ledger:
    """What the clients know of: sent, acknowledged, refused. It outlives the rounds."""

    def __init__(self):
        self.acknowledged = {tenant: set() for tenant in TENANTS}
        self.refused = {tenant: set() for tenant in TENANTS}   # bad events
        self.forsaken = {tenant: set() for tenant in TENANTS}  # refused for certain, and never sent again
        self.unknown = {tenant: set() for tenant in TENANTS}
        self.retry = {tenant: [] for tenant in TENANTS}        # to be sent again
        self.sent_again = {tenant: 0 for tenant in TENANTS}
        self.anonymous = {tenant: 0 for tenant in TENANTS}
        self.anonymous_unknown = {tenant: 0 for tenant in TENANTS}
        self.counted = {tenant: {} for tenant in TENANTS}      # value_id -> increment, acknowledged
        self.uncounted = {tenant: {} for tenant in TENANTS}    # the same, not known to be there


class Connection:
    """One kept-alive connection of an asyncio client."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def post(self, path, body, tenant):
        """(status, decoded body); OSError where it breaks, after which the next call connects anew."""
        try:
            if self.streams is None:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port)
            return await asyncio.wait_for(self._post(path, json.dumps(body).encode(), tenant), 10)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, ValueError) as why:
            self.close()
            raise OSError(str(why)) from why

    async def _post(self, path, data, tenant):
        reader, writer = self.streams
        writer.write(f"POST {path} HTTP/1.1\r\nHost: node\r\nX-Tenant-ID: {tenant}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        size = int(re.search(r"content-length: (\d+)", head).group(1))
        answer = json.loads(await reader.readexactly(size))
        if "connection: close" in head:
            self.close()
        return int(head.split(" ")[1]), answer

    def close(self):
        if self.streams is not None:
            self.streams[1].transport.abort()
        self.streams = None


class Round:
    def __init__(self, node, ledger, seed, pauses):
        self.node, self.ledger, self.seed, self.pauses = node, ledger, seed, pauses
        self.stopped = False
        self.started = time.monotonic()

    async def wait_for_turn(self, tenant):
        """In rounds with pauses each tenant is left alone for a while, in its own turn."""
        while self.pauses and not self.stopped:
            phase = (time.monotonic() - self.started + TENANTS.index(tenant) * PAUSE_EVERY / len(TENANTS)) % PAUSE_EVERY
            if phase >= PAUSE:
                return
            await asyncio.sleep(0.02)


def event(identifier, writer, good=True):
    body = {"event_type": "click", "event_name": "save", "user_id": f"user-{writer}", "properties": {"n": writer}}
    if identifier:
        body["event_id"] = identifier
    if not good:
        body["event_type"] = "x" * 51
    return body


def note_refusal(ledger, tenant, batch, code, chance):
    """Half of what was certainly not written is given up, and must never appear; all else is sent again."""
    fresh = [each for each in batch if each not in ledger.unknown[tenant]]
    if code in CERTAIN and chance.random() < 0.5:
        ledger.forsaken[tenant].update(fresh)
        batch = [each for each in batch if each in ledger.unknown[tenant]]
    elif code not in CERTAIN:
        ledger.unknown[tenant].update(batch)
    ledger.retry[tenant].extend(batch)


async def write(running, writer, seed):
    """One client: single events, batches with a bad event in them, events without an id, and retries of what is not known."""
    ledger, chance = running.ledger, random.Random(seed)
    tenant = TENANTS[writer % len(TENANTS)]
    connection = Connection(running.node.port)
    number = 0
    while not running.stopped:
        await running.wait_for_turn(tenant)
        kind, retry = chance.random(), ledger.retry[tenant]
        batch, bad = [], []
        if retry and kind < 0.3:
            batch = [retry.pop(chance.randrange(len(retry))) for _ in range(min(len(retry), 5))]
            ledger.sent_again[tenant] += len(batch)
        elif kind < 0.9:
            for _ in range(1 if kind < 0.6 else chance.randrange(2, 20)):
                batch.append(f"{tenant}-{writer}-{seed}-{number}")
                number += 1
            if len(batch) > 1:
                bad = [f"{tenant}-{writer}-{seed}-bad-{number}"]
        try:
            if not batch:
                status, _ = await connection.post("/events/track", event(None, writer), tenant)
                ledger.anonymous[tenant] += status == 200
                ledger.anonymous_unknown[tenant] += status == 503
                continue
            if len(batch) == 1 and not bad:
                status, answer = await connection.post("/events/track", event(batch[0], writer), tenant)
            else:
                body = {"events": [event(each, writer) for each in batch] + [event(each, writer, good=False) for each in bad]}
                status, answer = await connection.post("/events/track/batch", body, tenant)
            if status == 200:
                ledger.acknowledged[tenant].update(batch)
                ledger.refused[tenant].update(bad)
                assert not bad or answer["error_count"] == len(bad), answer
            else:
                assert status in (429, 503), (status, answer)
                note_refusal(ledger, tenant, batch, answer["code"], chance)
                await asyncio.sleep(0.02)
        except OSError:
            if batch:
                note_refusal(ledger, tenant, batch, "unknown", chance)
            else:
                ledger.anonymous_unknown[tenant] += 1
            await asyncio.sleep(0.02)
    connection.close()


def values_body(values):
    return {"values": [{"metric_id": "total", "value": increment, "value_id": identifier, "dimensions": {"part": identifier[-1]}}
                       for identifier, increment in values.items()]}


def is_counted(status, answer):
    assert status in (200, 429, 503), (status, answer)
    assert status != 200 or {each["status"] for each in answer["values"]} <= {"recorded", "duplicate"}, answer
    return status == 200 and answer["error_count"] == 0


async def count(running, counter, seed):
    """One client that increments a counter, and sends again what was not acknowledged."""
    ledger, chance = running.ledger, random.Random(seed)
    tenant = TENANTS[counter % len(TENANTS)]
    connection = Connection(running.node.port)
    number = 0
    while not running.stopped:
        await running.wait_for_turn(tenant)
        known = list(ledger.uncounted[tenant].items())
        if known and chance.random() < 0.5:
            sent = dict(chance.sample(known, min(len(known), 10)))
        else:
            sent = {f"{seed}-{number + i}": chance.randrange(1, 1_000) for i in range(chance.choice([1, 1, 30]))}
            number += len(sent)
        ledger.uncounted[tenant].update(sent)
        try:
            if is_counted(*await connection.post("/metrics/values", values_body(sent), tenant)):
                ledger.counted[tenant].update(sent)
                for each in sent:
                    ledger.uncounted[tenant].pop(each, None)
        except OSError:
            await asyncio.sleep(0.02)
    connection.close()


async def run_round(running, postgres, chance):
    clients = [write(running, i, chance.randrange(1 << 40)) for i in range(WRITERS)] + [count(running, i, chance.randrange(1 << 40)) for i in range(COUNTERS)]
    clients = [asyncio.ensure_future(each) for each in clients]
    beside = asyncio.get_running_loop().run_in_executor
    await asyncio.sleep(chance.uniform(1.8, 2.8) if running.pauses else chance.uniform(0.1, 0.9))
    if postgres:
        await beside(BESIDE, postgres.kill)
        await asyncio.sleep(chance.uniform(0.0, 0.3))
        await beside(BESIDE, postgres.start)
        await asyncio.sleep(chance.uniform(0.0, 0.5))
    await beside(BESIDE, running.node.kill)
    running.stopped = True
    await asyncio.gather(*clients)


def check_counter(node, tenant, ledger):
    """What nobody knows of is sent once more: then the counter must be exact, however often each value was sent."""
    unknown = ledger.uncounted[tenant]
    headers = {"X-Tenant-ID": tenant}
    for start in range(0, len(unknown), 1_000):
        part = dict(list(unknown.items())[start:start + 1_000])
        assert is_counted(*node.call("POST", "/metrics/values", values_body(part), headers)[:2])
        ledger.counted[tenant].update(part)
    status, answer, _ = node.call("POST", "/metrics/aggregate", {
        "metric_id": "total", "aggregation_method": "sum", "granularity": "all", "start_time": "2000-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}, headers)
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


def check_events(node, tenant, ledger):
    retry = ledger.retry[tenant]
    for start in range(0, len(retry), 500):  # whatever became of them before: once
        part = retry[start:start + 500]
        status, answer, _ = node.call("POST", "/events/track/batch", {"events": [event(each, int(each.split("-")[1])) for each in part]}, {"X-Tenant-ID": tenant})
        assert status == 200 and answer["success_count"] == len(part), answer
        ledger.acknowledged[tenant].update(part)
    found, anonymous = read_all(node, tenant)
    counts = set(found)
    assert len(counts) == len(found), f"{tenant}: {len(found) - len(counts)} events are there twice"
    lost = ledger.acknowledged[tenant] - counts
    assert not lost, f"{tenant}: {len(lost)} acknowledged events are lost, such as {sorted(lost)[:3]}"
    for name, ids in (("bad", ledger.refused[tenant]), ("certainly refused", ledger.forsaken[tenant])):
        risen = ids & counts
        assert not risen, f"{tenant}: {len(risen)} {name} events are there, such as {sorted(risen)[:3]}"
    strangers = counts - ledger.acknowledged[tenant]
    assert not strangers, f"{tenant}: {len(strangers)} events that nobody sent, such as {sorted(strangers)[:3]}"
    low = ledger.anonymous[tenant]
    high = low + ledger.anonymous_unknown[tenant]
    assert low <= anonymous <= high, f"{tenant}: {anonymous} events without an id, but {low} to {high} were acknowledged"
    status, stats, _ = node.call("GET", "/events/stats", None, {"X-Tenant-ID": tenant})
    assert status == 200 and stats["event_count"] == len(found) + anonymous, stats
    print(f"{tenant}: {len(ledger.acknowledged[tenant])} acknowledged, {len(found) + anonymous} there, {len(ledger.refused[tenant])} bad, "
          f"{len(ledger.forsaken[tenant])} refused and given up, {ledger.sent_again[tenant]} sent again before and {len(retry)} at the end", flush=True)
    assert len(ledger.acknowledged[tenant]) > ROUNDS, "too little was written to prove anything"


def count_returns(log):
    """Recoveries of actors that had been in memory before in the same process: they had left it."""
    returns, seen = 0, set()
    for line in log.splitlines():
        if " node ready " in line:
            seen = set()
        recovered = re.search(r" actor (\S+) recovered ", line)
        if recovered:
            returns += recovered.group(1) in seen
            seen.add(recovered.group(1))
    return returns


def main():
    binary, store = sys.argv[1], sys.argv[2]
    chance = random.Random(SEED)
    print(f"seed {SEED}, {ROUNDS} rounds on {store}, {WRITERS + COUNTERS} connections", flush=True)
    postgres = Postgres() if store == "postgresql" else None
    folder = tempfile.mkdtemp(prefix="dotmac-crash-")
    ledger = Ledger()
    # Small snapshots, so that kills fall into their writing too.
    node = Node(binary, folder, postgres.url() if postgres else "", SNAPSHOT_ENTRIES="40", LOG_LEVEL="info")
    try:
        for number in range(ROUNDS):
            pauses = number % 2 == 1
            node.environment["ACTOR_IDLE_SECONDS"] = "1" if pauses else "600"
            node.start()
            for tenant in TENANTS if number == 0 else []:
                node.call("POST", "/metrics/", {"name": "total", "display_name": "Total", "metric_type": "counter"}, {"X-Tenant-ID": tenant})
            running = Round(node, ledger, chance.randrange(1 << 40), pauses)
            asyncio.run(run_round(running, postgres if number % 3 == 2 else None, chance))
        node.start()
        for tenant in TENANTS:
            check_events(node, tenant, ledger)
            check_counter(node, tenant, ledger)
        assert node.stop() == 0
        returns = count_returns(open(folder + "/node.log", encoding="utf-8").read())
        print(f"{returns} actors left memory and came back", flush=True)
        assert returns > ROUNDS // 4, "too few actors left memory to prove anything"
        assert sum(ledger.sent_again.values()) > ROUNDS, "too little was sent again to prove anything"
    except BaseException:
        sys.stderr.write(open(folder + "/node.log", encoding="utf-8").read()[-4000:])
        raise
    finally:
        if node.process and node.process.poll() is None:
            node.kill()
        if postgres:
            postgres.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
