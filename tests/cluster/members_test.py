"""Nodes of a cluster as programs: who is let in, what each answers for, and what one learns of what was changed through another.

Use: members_test.py BINARY PUT_DEAD_LETTER
"""

import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from certificates import Authority  # noqa: E402
from event_stream import Stream  # noqa: E402
from node_process import Node, Postgres  # noqa: E402

BINARY, PUT_DEAD_LETTER = sys.argv.pop(1), sys.argv.pop(1)
SECRET = "f3b1c5e0a94d27886b1f0e5c7d2a9b34"


class MembersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dotmac-members-")
        self.nodes = []

    def tearDown(self):
        ends = {}
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.terminate()
        for node in self.nodes:
            try:
                ends[node.environment["NODE_ID"]] = node.process.wait(60)
            except subprocess.TimeoutExpired:
                node.kill()
                ends[node.environment["NODE_ID"]] = "it did not end"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.assertEqual(set(ends.values()) - {0}, set(), ends)

    def start(self, name, **environment):
        own = f"{self.folder}/{name}"
        os.makedirs(own, exist_ok=True)
        node = Node(BINARY, own, self.postgres.url(), **{"CLUSTER_NAME": "members", "NODE_ID": name, **environment})
        self.nodes.append(node)
        return node.start()

    def refused(self, *arguments, **environment):
        """What `serve` says before it ends."""
        own = f"{self.folder}/refused"
        os.makedirs(own, exist_ok=True)
        variables = {"DATA_DIR": own, "PORT": "0", "DATABASE_URL": self.postgres.url(), **environment}
        ended = subprocess.run([BINARY, "serve", *arguments], env={**os.environ, **{k: v for k, v in variables.items() if v is not None}}, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(ended.returncode, 0, ended.stderr)
        return ended.stderr

    def track(self, node, event_id, tenant, wanted=200):
        status, answer, _ = node.call("POST", "/events/track", {"event_type": "page", "event_name": "view", "event_id": event_id}, {"X-Tenant-ID": tenant})
        self.assertEqual(status, wanted, answer)

    def count(self, node, tenant):
        status, answer, _ = node.call("GET", "/events/stats", None, {"X-Tenant-ID": tenant})
        self.assertEqual(status, 200, answer)
        return answer["event_count"]

    def test_every_node_answers_for_every_tenant(self):
        nodes = [self.start("a"), self.start("b"), self.start("gate", NODE_ROLE="gateway")]
        for i in range(24):
            tenant = f"every-{i}"
            for number, node in enumerate(nodes):
                self.track(node, str(number), tenant)
            self.track(nodes[i % 3], "0", tenant)
            self.assertEqual([self.count(node, tenant) for node in nodes], [3, 3, 3])

    def test_a_node_that_is_asked_to_end_hands_over_and_the_last_one_too(self):
        a, b = self.start("a"), self.start("b")
        for i in range(10):
            self.track(a, "1", f"leave-{i}")
        self.assertEqual(a.stop(60), 0)
        for i in range(10):
            self.track(b, "2", f"leave-{i}")
            self.assertEqual(self.count(b, f"leave-{i}"), 2)
        self.assertEqual(b.stop(60), 0)
        a.start()
        self.assertEqual([self.count(a, f"leave-{i}") for i in range(10)], [2] * 10)

    def ask(self, node, method, path, body=None, wanted=200):
        status, answer, _ = node.call(method, path, body)
        self.assertEqual(status, wanted, answer)
        return answer

    def shares(self, node):
        return {each["id"]: each["shards"] for each in self.ask(node, "GET", "/admin/cluster")["nodes"]}

    def wait_for(self, what, is_so, within=60):
        until = time.monotonic() + within
        while not is_so():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def command(self, node, *words, wanted=0):
        ended = subprocess.run([BINARY, "cluster", *words, "--url", f"http://127.0.0.1:{node.port}"], capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.returncode, wanted, ended.stdout + ended.stderr)
        return ended.stdout + ended.stderr

    def test_operators_see_and_decide_which_node_has_which_shard(self):
        a, b = self.start("a"), self.start("b")
        gate = self.start("gate", NODE_ROLE="gateway")
        self.wait_for("even shares", lambda: self.shares(gate) == {"a": 128, "b": 128, "gate": 0})
        before = max((each["id"] for each in self.ask(gate, "GET", "/admin/audit?limit=1")["entries"]), default=0)
        self.track(gate, "1", "wanderer")
        place = self.ask(gate, "GET", "/admin/cluster/tenants/wanderer")
        shard, here = place["shard"], place["owner"]
        there = "b" if here == "a" else "a"
        example = self.ask(gate, "GET", "/openapi.json")["paths"]
        for path, method, answer in ((f"/admin/cluster/shards/{shard}", "PUT", self.ask(gate, "PUT", f"/admin/cluster/shards/{shard}", {"node": there})),
                                     ("/admin/cluster/nodes/b", "PUT", self.ask(gate, "PUT", "/admin/cluster/nodes/b", {"scheduling": "serve"}))):
            described = example[path.replace(f"shards/{shard}", "shards/{shard}").replace("nodes/b", "nodes/{node_id}")][method.lower()]["responses"]["200"]["content"]["application/json"]
            self.assertEqual(set(answer), set(described["example"]))
        self.wait_for("the move", lambda: self.ask(gate, "GET", "/admin/cluster/tenants/wanderer")["owner"] == there)
        self.assertEqual(self.count(gate, "wanderer"), 1)
        self.wait_for("even shares all the same", lambda: self.shares(gate) == {"a": 128, "b": 128, "gate": 0})

        self.command(gate, "drain", there, "--wait", "60")
        self.assertEqual(self.shares(gate), {here: 256, there: 0, "gate": 0})
        self.assertEqual(self.count(a if there == "a" else b, "wanderer"), 1, "through the node that was drained")
        self.assertIn("draining", self.command(a, "status"))
        self.command(a, "uncordon", there)
        self.wait_for("its share again, and the shard that was moved there", lambda: self.shares(b).get(there) == 128 and self.ask(a, "GET", "/admin/cluster/tenants/wanderer")["owner"] == there)
        self.command(b, "move", str(shard), here, "--wait", "60")
        self.command(b, "release", str(shard))
        self.command(b, "cordon", "a")
        c = self.start("c")
        self.wait_for("the new node's share", lambda: self.shares(c).get("c") in (85, 86))
        self.assertLessEqual(self.shares(c)["a"], 128)
        self.command(b, "uncordon", "a")
        self.command(c, "rebalance", "--wait", "60")
        acts = [(each["act"], each["subject"]) for each in self.ask(a, "GET", "/admin/audit?limit=50")["entries"] if each["tenant"] == "" and each["id"] > before and not each["act"].startswith("actor_")]
        self.assertEqual(acts[::-1], [("shard_moved", f"shard {shard}"), ("node_uncordoned", "node b"), ("node_drained", f"node {there}"), ("node_uncordoned", f"node {there}"),
                                      ("shard_moved", f"shard {shard}"), ("shard_released", f"shard {shard}"), ("node_cordoned", "node a"), ("node_uncordoned", "node a"),
                                      ("cluster_rebalanced", "cluster")])

    def test_a_worker_owns_its_share_and_takes_no_calls_of_tenants(self):
        a, worker = self.start("a"), self.start("w", NODE_ROLE="worker")
        self.wait_for("even shares", lambda: self.shares(a) == {"a": 128, "w": 128})
        self.assertEqual({each["id"]: each["role"] for each in self.ask(a, "GET", "/admin/cluster")["nodes"]}, {"a": "both", "w": "worker"})
        self.assertRegex(self.command(a, "status"), r"w +\w+ +worker ")
        for i in range(12):
            self.track(a, "1", f"work-{i}")
            self.assertEqual(self.count(a, f"work-{i}"), 1)
        owners = {self.ask(worker, "GET", f"/admin/cluster/tenants/work-{i}")["owner"] for i in range(12)}
        self.assertEqual(owners, {"a", "w"}, "its share of the tenants, and it tells administrators of them")
        for method, path, body in (("POST", "/events/track", {"event_type": "page", "event_name": "view"}), ("GET", "/events/stats", None), ("POST", "/metrics/values/query", {}), ("POST", "/api/v1/events/query", {})):
            status, answer, _ = worker.call(method, path, body, {"X-Tenant-ID": "work-1"})
            self.assertEqual((status, answer["code"]), (421, "not_a_gateway"), path)
        self.assertIn("421", self.ask(worker, "GET", "/openapi.json")["paths"]["/events/track"]["post"]["responses"])
        for path in ("/health/ready", "/health/live", "/health/detailed", "/metrics", "/admin/actors", "/admin/audit"):
            self.assertEqual(worker.call("GET", path)[0], 200, path)
        self.command(worker, "drain", "a", "--wait", "60")
        self.assertEqual(self.shares(worker), {"a": 0, "w": 256})
        self.assertEqual([self.count(a, f"work-{i}") for i in range(12)], [1] * 12)
        self.command(worker, "uncordon", "a")  # a wish outlives the node, and other tests have one of this name

    def test_acts_on_what_is_not_there_are_refused_and_change_nothing(self):
        a = self.start("a")
        self.start("gate", NODE_ROLE="gateway")
        before = self.ask(a, "GET", "/admin/audit?limit=1")["entries"]
        self.assertEqual(self.ask(a, "PUT", "/admin/cluster/nodes/nobody", {"scheduling": "drain"}, 404)["field"], "node")
        self.assertIn("gateway", str(self.ask(a, "PUT", "/admin/cluster/nodes/gate", {"scheduling": "drain"}, 422)))
        self.assertIn("scheduling", str(self.ask(a, "PUT", "/admin/cluster/nodes/a", {"scheduling": "rest"}, 422)))
        self.assertIn("shard", str(self.ask(a, "PUT", "/admin/cluster/shards/256", {"node": "a"}, 422)))
        self.assertIn("shard", str(self.ask(a, "PUT", "/admin/cluster/shards/one", {"node": "a"}, 422)))
        self.assertEqual(self.ask(a, "PUT", "/admin/cluster/shards/1", {"node": "nobody"}, 404)["field"], "node")
        self.assertEqual(self.ask(a, "GET", "/admin/actors?node=nobody", wanted=404)["field"], "node")
        self.assertEqual(self.ask(a, "GET", "/admin/audit?limit=1")["entries"], before)
        self.assertIn("nobody", self.command(a, "drain", "nobody", wanted=1))

    def test_actors_of_every_node_are_seen_and_acted_upon_through_any(self):
        nodes = {"a": self.start("a"), "b": self.start("b")}
        self.wait_for("even shares", lambda: self.shares(nodes["a"]) == {"a": 128, "b": 128})
        for tenant in ("one", "two", "three", "four", "five", "six"):
            self.track(nodes["a"], "1", tenant)
        for asked in nodes.values():
            for name in nodes:
                tenants = {each["tenant"] for each in self.ask(asked, "GET", f"/admin/actors?node={name}&kind=events")["actors"]}
                self.assertEqual(tenants, {t for t in ("one", "two", "three", "four", "five", "six") if self.ask(asked, "GET", f"/admin/cluster/tenants/{t}")["owner"] == name})
        other = "b" if self.ask(nodes["a"], "GET", "/admin/cluster/tenants/one")["owner"] == "a" else "a"
        owner = "a" if other == "b" else "b"
        path = self.ask(nodes[other], "GET", f"/admin/actors?node={owner}&kind=events&tenant=one")["actors"][0]["path"]
        for act in ("passivate", "restart"):
            self.assertEqual(self.ask(nodes[other], "POST", "/admin/actors/acts", {"path": path, "act": act, "node": owner})["status"], "requested")
            self.wait_for(f"{act}: gone", lambda: not self.ask(nodes[other], "GET", f"/admin/actors?node={owner}&path={path}")["actors"])
            self.wait_for("there again", lambda: nodes[other].call("GET", "/events/stats", None, {"X-Tenant-ID": "one"})[0] == 200)
            self.assertEqual(self.count(nodes[other], "one"), 1)
            self.assertTrue(self.ask(nodes[other], "GET", f"/admin/actors?node={owner}&path={path}")["actors"])
        entries = self.ask(nodes["a"], "GET", "/admin/audit?tenant=one")["entries"]
        self.assertEqual([(each["act"], each["subject"]) for each in entries], [("actor_restarted", path), ("actor_passivated", path)])
        self.assertEqual(self.ask(nodes[owner], "POST", "/admin/actors/acts", {"path": "node/shard-0/nobody", "act": "restart"}, 404)["field"], "path")
        self.assertEqual(self.ask(nodes[owner], "POST", "/admin/actors/acts", {"path": path.split("/one")[0], "act": "restart"}, 422)["detail"][0]["loc"][-1], "path")

    def test_one_actor_is_seen_and_a_dead_letter_sent_again_through_another_node(self):
        nodes = {"a": self.start("a"), "b": self.start("b")}
        self.wait_for("even shares", lambda: self.shares(nodes["a"]) == {"a": 128, "b": 128})
        self.track(nodes["a"], "1", "far")
        owner = self.ask(nodes["a"], "GET", "/admin/cluster/tenants/far")["owner"]
        other = nodes["b" if owner == "a" else "a"]
        path = self.ask(other, "GET", f"/admin/actors?node={owner}&kind=events&tenant=far")["actors"][0]["path"]
        told = self.ask(other, "GET", f"/admin/actors/details?node={owner}&path={path}")
        self.assertEqual((told["running"], told["state"]["events"], told["snapshots"]), (True, 1, []))
        self.ask(other, "GET", f"/admin/actors/details?path={path}", wanted=404)
        letter = subprocess.run([PUT_DEAD_LETTER, self.postgres.url(), "far/events/0", "2"], check=True, capture_output=True, text=True).stdout.strip()
        self.assertEqual(self.ask(other, "POST", f"/admin/dead-letters/{letter}/replay")["status"], "replayed")
        self.assertEqual([self.count(node, "far") for node in nodes.values()], [2, 2])
        self.assertEqual(self.ask(other, "GET", "/admin/dead-letters?tenant=far")["count"], 0)

    def test_live_events_come_once_and_in_order_through_any_node_while_their_owner_changes(self):
        nodes = {name: self.start(name) for name in ("a", "b", "c")}
        self.wait_for("even shares", lambda: sorted(self.shares(nodes["a"]).values()) == [85, 85, 86])
        self.track(nodes["a"], "first", "watched")
        place = self.ask(nodes["a"], "GET", "/admin/cluster/tenants/watched")
        owner, shard = place["owner"], place["shard"]
        asked, next_owner = (name for name in nodes if name != owner)
        seen, done = [], threading.Event()

        def read():
            stream = None
            while not done.is_set() or len(seen) < 60:
                try:
                    stream = stream or Stream(nodes[asked], "", "watched", seen[-1][0] if seen else 1, timeout=60)
                    found = stream.next()
                except (OSError, http.client.HTTPException):
                    found = None
                if found:
                    seen.append((stream.last_id, found[1]["event_id"]))
                else:
                    stream = None
                    time.sleep(0.05)
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        for i in range(60):
            self.track(nodes[asked], str(i), "watched")
            if i == 20:
                self.ask(nodes[asked], "PUT", f"/admin/cluster/shards/{shard}", {"node": next_owner})
            if i == 30:
                self.wait_for("the move", lambda: self.ask(nodes[asked], "GET", "/admin/cluster/tenants/watched")["owner"] == next_owner)
            if i == 40:
                nodes[next_owner].kill()
                self.nodes.remove(nodes[next_owner])
        done.set()
        reader.join(60)
        self.assertEqual([event_id for _, event_id in seen], [str(i) for i in range(60)])

    def test_keys_made_and_revoked_through_one_node_are_known_to_the_other(self):
        a, b = self.start("a", SECRET_KEY=SECRET), self.start("b", SECRET_KEY=SECRET)
        made = subprocess.run([BINARY, "make-token"], env={**os.environ, "SECRET_KEY": SECRET}, capture_output=True, text=True, check=True).stdout.strip()
        token = {"Authorization": f"Bearer {made}", "X-Tenant-ID": "keys"}
        for _ in range(5):
            status, key, _ = a.call("POST", "/admin/api-keys", {"label": "k", "scopes": ["read"]}, token)
            self.assertEqual(status, 200, key)
            self.assertEqual(b.call("GET", "/events/stats", None, {"X-API-Key": key["api_key"]})[0], 200, "at once")
        self.assertEqual(b.call("GET", "/events/stats", None, {"X-API-Key": key["api_key"][:-2] + "xx"})[0], 401)
        self.assertEqual(a.call("DELETE", "/admin/api-keys/" + key["key_id"], None, token)[0], 200)
        revoked_at = time.monotonic()
        while b.call("GET", "/events/stats", None, {"X-API-Key": key["api_key"]})[0] != 401:
            self.assertLess(time.monotonic() - revoked_at, 10)
            time.sleep(0.05)

    def test_a_node_of_another_cluster_is_not_let_in(self):
        a = self.start("a")
        said = self.refused("--cluster", "strangers", NODE_ID="b")
        self.assertIn("the node belongs to the cluster members", said)
        self.assertEqual(set(self.shares(a)), {"a"})

    def test_nodes_with_certificates_let_in_only_whom_their_authority_signed(self):
        authority, other = Authority(self.folder), Authority(self.folder, "other")
        a, b = self.start("a", **authority.sign("a")), self.start("b", **authority.sign("b"))
        self.wait_for("even shares", lambda: self.shares(a) == {"a": 128, "b": 128})
        for i in range(16):
            self.track(a, "1", f"sealed-{i}")
            self.assertEqual(self.count(b, f"sealed-{i}"), 1)
        bulk = {"events": [{"event_type": "page", "event_name": "view", "event_id": str(i), "properties": {"text": "x" * 400}} for i in range(9_000)]}
        for i in range(4):
            status, answer, _ = a.call("POST", "/events/track/batch", bulk, {"X-Tenant-ID": f"bulk-{i}"})
            self.assertEqual((status, answer.get("success_count")), (200, 9_000), str(answer)[:300])
            self.assertEqual(self.count(b, f"bulk-{i}"), 9_000)
        for settings in (other.sign("c"), {}):
            if settings:  # signed by somebody else, who is trusted here and not there
                settings = dict(settings, PEER_CA_FILE=authority.certificate)
                self.assertIn("PEER_CERTIFICATE_FILE", self.refused("--cluster", "members", NODE_ID="c", **settings))
                settings["PEER_CA_FILE"] = other.certificate
            said = self.refused("--cluster", "members", NODE_ID="c", **settings)
            self.assertIn("does not let this one in", said)
        self.assertEqual(set(self.shares(a)), {"a", "b"})

    def test_certificates_that_others_would_not_take_are_refused_at_the_start(self):
        authority = Authority(self.folder)
        good = authority.sign("a")
        for wrong, told in ((authority.sign("elsewhere", "DNS:elsewhere.example"), "127.0.0.1"), (authority.sign("server", usage="serverAuth"), "client"),
                            (dict(good, PEER_KEY_FILE=authority.sign("b")["PEER_KEY_FILE"]), "PEER_KEY_FILE"), (dict(good, PEER_CERTIFICATE_FILE="/nowhere.pem"), "PEER_CERTIFICATE_FILE"),
                            (dict(good, PEER_CA_FILE=good["PEER_KEY_FILE"]), "PEER_CA_FILE"), ({"PEER_KEY_FILE": good["PEER_KEY_FILE"]}, "together")):
            self.assertIn(told, self.refused("--cluster", "members", NODE_ID="a", **wrong))

    def test_an_id_belongs_to_one_process(self):
        a = self.start("a")
        self.assertIn("another process is the node a", self.refused("--cluster", "members", NODE_ID="a"))
        self.track(a, "1", "still-here")

    def test_what_a_cluster_cannot_be_made_of_is_refused(self):
        self.assertIn("DATABASE_URL", self.refused("--cluster", DATABASE_URL=None))
        self.assertIn("NODE_ROLE", self.refused("--cluster", "members", NODE_ROLE="boss"))
        self.assertIn("NODE_ROLE", self.refused(NODE_ROLE="worker"))
        self.assertIn("NODE_ID", self.refused("--cluster", NODE_ID="no id"))
        self.assertIn("PEER_HOST", self.refused("--cluster", PEER_HOST="0.0.0.0"))
        self.assertIn("CLUSTER_NAME", self.refused("--cluster", "no name"))


if __name__ == "__main__":
    unittest.main()
