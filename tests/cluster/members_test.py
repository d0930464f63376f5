"""Nodes of a cluster as programs: who is let in, what each answers for, and what one learns of what was changed through another.

Use: members_test.py BINARY
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_process import Node, Postgres  # noqa: E402

BINARY = sys.argv.pop(1)
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
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                self.assertEqual(node.stop(60), 0)
        shutil.rmtree(self.folder, ignore_errors=True)

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

    def test_an_id_belongs_to_one_process(self):
        a = self.start("a")
        self.assertIn("another process is the node a", self.refused("--cluster", "members", NODE_ID="a"))
        self.track(a, "1", "still-here")

    def test_what_a_cluster_cannot_be_made_of_is_refused(self):
        self.assertIn("DATABASE_URL", self.refused("--cluster", DATABASE_URL=None))
        self.assertIn("NODE_ROLE", self.refused("--cluster", NODE_ROLE="worker"))
        self.assertIn("NODE_ID", self.refused("--cluster", NODE_ID="no id"))
        self.assertIn("PEER_HOST", self.refused("--cluster", PEER_HOST="0.0.0.0"))
        self.assertIn("CLUSTER_NAME", self.refused("--cluster", "no name"))


if __name__ == "__main__":
    unittest.main()
