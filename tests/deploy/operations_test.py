"""docs/operations.md, carried out as it stands there: every shell block in its order, in one shell, in an empty folder, against a PostgreSQL and nodes of the test's own. Ports
are the only thing that is changed: the page's are taken on many machines.

Use: operations_test.py BINARY BUILD_FOLDER
"""

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "support"), HERE]
from balanced_clients import BalancedClients  # noqa: E402
from kept_answers import KeptAnswers  # noqa: E402
from node_process import POSTGRES, Node, Postgres, free_port  # noqa: E402
from page import Shell, blocks_of  # noqa: E402

BINARY, BUILD = sys.argv.pop(1), sys.argv.pop(1)
SEED = int(os.environ.get("DOTMAC_TEST_SEED", str(random.SystemRandom().randrange(1 << 31))))
PAGE = os.path.join(ROOT, "docs", "operations.md")

# What no test can carry out, with the first line of each: systemd as the first process of a machine, container engines, a Kubernetes cluster, a PostgreSQL that Debian started.
BY_HAND = [
    ("systemd", "scripts/packages.sh runtime"),
    ("docker", "deploy/compose/prepare.sh"),
    ("kubernetes", "deploy/certificates.sh certificates peers '*.dotmac-analytics-peers.NAMESPACE.svc'"),
    ("systemd", "cmake --install build/release --prefix /usr/local"),
    ("postgresql", "install -d -o postgres -m 0700 /var/backups/analytics"),
    ("postgresql", "systemctl stop postgresql@15-main"),
]
LIVE = [f"live-{i}" for i in range(6)]
KEPT = [f"kept-{i}" for i in range(3)]


class Operations(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}: DOTMAC_TEST_SEED={SEED} repeats it")
        self.folder = tempfile.mkdtemp(prefix="dotmac-operations-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        prefix = self.folder + "/installed"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
        self.program = prefix + "/bin/dotmac-analytics"
        self.postgres = Postgres()
        self.addCleanup(self.postgres.close)
        self.ports = {each: free_port() for each in (*range(8001, 8007), *range(8101, 8106))}
        named = subprocess.run([BINARY, "settings"], capture_output=True, text=True, check=True).stdout
        settings = set(re.findall(r"^\| ([A-Z_]+) \|", named, re.M))
        environment = {name: value for name, value in os.environ.items() if name not in settings and not name.startswith("PG")}
        environment.update(PATH=f"{prefix}/bin:{prefix}/share/dotmac-analytics:{POSTGRES}:{os.environ['PATH']}", PGHOST="127.0.0.1", PGPORT=str(self.postgres.port), PGUSER="tester")
        self.work = self.folder + "/work"
        os.mkdir(self.work)
        self.shell = Shell(self.work, environment)
        self.addCleanup(self.shell.close)
        self.token, self.rounds = "", 0
        self.kept = KeptAnswers(KEPT, SEED)

    def here(self, text):
        """The block, with this test's ports."""
        return re.sub(r"\b(8[01]0\d)\b", lambda each: str(self.ports[int(each[1])]), text).replace("127.0.0.1:5432/", f"127.0.0.1:{self.postgres.port}/")

    def port(self, name):
        return self.ports[8001 + "abcdr".index(name)] if name in "abcd" else self.ports[{"r": 8005, "s": 8006}[name]]

    def asker(self, name):
        node = Node(BINARY, self.work)
        node.port = self.port(name)

        def ask(method, path, body=None, tenant=None):
            headers = {"X-API-Key": self.token, **({"X-Tenant-ID": tenant} if tenant else {})}
            status, answer, _ = node.call(method, path, body, headers)
            self.assertEqual(status, 200, (method, path, answer))
            return answer
        return ask

    def shares(self, name="a"):
        return {each["id"]: each["shards"] for each in self.asker(name)("GET", "/admin/cluster")["nodes"]}

    def wait_for_shares(self, name, are_as_wanted):
        """A node reads the tables of the cluster within a second, and leases of nodes that are gone run out after six."""
        until = time.monotonic() + 60
        while not are_as_wanted(self.shares(name)):
            self.assertLess(time.monotonic(), until, self.shares(name))
            time.sleep(0.05)

    @contextlib.contextmanager
    def clients(self, names):
        """Nothing that clients send meanwhile fails, and all that was acknowledged is there, once."""
        self.rounds += 1
        writing = BalancedClients([self.port(name) for name in names], self.token, LIVE, SEED, f"round-{self.rounds}").start()
        try:
            writing.wait_for(50)
            yield writing
            writing.wait_for(sum(map(len, writing.acknowledged.values())) + 50)
        finally:
            writing.stop()
        self.assertEqual(writing.refused, [])
        self.check_events(names[0], writing.acknowledged)

    def check_events(self, name, wanted):
        ask = self.asker(name)
        for tenant, ids in wanted.items():
            found = ask("POST", "/events/export", {"format": "csv", "columns": ["event_id"]}, tenant).decode().split()[1:]
            self.assertLessEqual(set(ids), set(found), tenant)
            self.assertEqual(len(found), len(set(found)), tenant)

    # What is made sure of before and after the block with this first line; `run` carries it out.

    def check_three_nodes(self, run):
        run()
        with open(self.work + "/common.env", encoding="utf-8") as file:
            secret = re.search("^SECRET_KEY=(.*)$", file.read(), re.M)[1]
        self.token = subprocess.run([BINARY, "make-token"], env={**os.environ, "SECRET_KEY": secret}, capture_output=True, text=True, check=True).stdout.strip()
        self.wait_for_shares("a", lambda shares: set(shares) == {"a", "b", "c"})

    def check_token(self, run):
        said = run()
        self.assertRegex(said, r"(?m)^a +serving")
        self.kept.fill(self.asker("b"))

    def check_added(self, run):
        with self.clients("abcd") as writing:
            said = run()
        self.assertRegex(said, r"(?m)^d +serving +both ")
        self.wait_for_shares("a", lambda shares: shares == {each: 64 for each in "abcd"})
        self.assertIn(self.port("d"), writing.used)

    def check_removed(self, run):
        with self.clients("abcd"):
            said = run()
        self.assertRegex(said, r"(?m)^d +draining +both +0 ")
        self.wait_for_shares("a", lambda shares: sorted(shares.get(each) for each in "abc") == [85, 85, 86])

    def check_wish_taken_back(self, run):
        self.assertRegex(run(), r"(?m)^d +serve$")

    def check_upgraded(self, run):
        before = {each["id"]: each["incarnation"] for each in self.asker("a")("GET", "/admin/cluster")["nodes"]}
        with self.clients("abc") as writing:
            said = run()
        after = {each["id"]: each["incarnation"] for each in self.asker("a")("GET", "/admin/cluster")["nodes"]}
        self.assertTrue(all(after[name] > before[name] for name in "abc"), (before, after))
        self.assertEqual(len(re.findall(r"(?m)^[abc] +serving", said)), 3, said)
        self.assertEqual(writing.used, {self.port(name) for name in "abc"})

    def issued(self, name):
        words = ["openssl", "x509", "-in", f"{self.work}/certificates/{name}.pem", "-noout", "-enddate"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    def check_renewed(self, run):
        before = self.issued("a")
        with self.clients("abc"):
            said = run()
        self.assertNotEqual(self.issued("a"), before)
        self.assertIn(self.issued("a"), said.split("\n")[1:], "what the node shows, without a restart")

    def check_new_authority(self, run):
        with self.clients("abc"):
            run()
            # The old connections are gone with the node; the new ones know the new authority alone.
            self.shell.run("stop b\nstart b\nuntil dotmac-analytics cluster shards --node b --url " + f"http://127.0.0.1:{self.port('a')} | grep -q yes; do sleep 0.2; done\n")
        for tenant in KEPT:
            self.assertEqual({self.asker(name)("GET", "/events/stats", None, tenant)["event_count"] for name in "abc"}, {400})

    def check_dumped(self, run):
        with self.clients("abc") as writing:
            self.in_dump = writing.so_far()
            run()

    def check_restored(self, run):
        run()
        self.wait_for_shares("r", lambda shares: shares.get("r") == 256)  # those of the nodes that are not here, too
        self.maxDiff = 4000
        self.assertEqual(self.kept.collect(self.asker("r")), self.kept.collect(self.asker("a")))
        self.check_events("r", self.in_dump)
        self.assertEqual(set(self.shares("a")), {"a", "b", "c"}, "the old cluster saw nothing of it")

    def check_base_backup(self, run):
        run()
        self.assertTrue(os.path.exists(self.work + "/base/backup_manifest"))

    def check_embedded(self, run):
        run()
        self.token = ""  # none is needed on loopback, where there is no SECRET_KEY
        self.kept.fill(self.asker("s"))

    def check_copied(self, run):
        with self.clients("s") as writing:
            self.in_copy = writing.so_far()
            self.assertEqual(run().strip(), "ok")
        self.before = self.kept.collect(self.asker("s"))

    def check_embedded_restored(self, run):
        run()
        self.assertEqual(self.kept.collect(self.asker("s")), self.before)
        self.check_events("s", self.in_copy)

    CHECKS = {
        "new_node() {": check_three_nodes,
        "export DOTMAC_API_KEY=$(set -a; . ./common.env; dotmac-analytics make-token --hours 8)": check_token,
        "new_node d 8004 8104": check_added,
        "dotmac-analytics cluster drain d --wait 60 --url http://127.0.0.1:8001": check_removed,
        "start d": check_wish_taken_back,
        "pg_dump --format=custom --file=before-upgrade.dump analytics": check_upgraded,
        "DAYS=400 certificates.sh certificates a 127.0.0.1": check_renewed,
        "for node in a b c; do certificates.sh new-certificates $node 127.0.0.1; done": check_new_authority,
        "pg_dump --format=custom --file=analytics.dump analytics": check_dumped,
        "createdb --owner=dotmac restored": check_restored,
        "pg_basebackup --pgdata=base --format=plain --wal-method=stream --checkpoint=fast": check_base_backup,
        "printf '%s\\n' DATA_DIR=data PORT=8006 > s.env": check_embedded,
        "sqlite3 data/dotmac.db \"VACUUM INTO 'backup.db'\"": check_copied,
        "stop s": check_embedded_restored,
    }
    UNCHECKED = {"start() {", "createuser dotmac"}  # what comes after them needs them

    def test_every_command_of_the_page_in_its_order(self):
        checked = set()
        for block in blocks_of(PAGE):
            if block.by_hand:
                continue
            check = self.CHECKS.get(block.first_line)
            self.assertTrue(check or block.first_line in self.UNCHECKED, "no check of this test is for the block that begins with " + block.first_line)
            checked.add(block.first_line)
            text = self.here(block.text)
            if check:
                check(self, lambda: self.shell.run(text))
            else:
                self.shell.run(text)
        self.assertEqual(checked, set(self.CHECKS) | self.UNCHECKED)
        self.shell.run("for node in a b c r s; do kill -TERM $(cat $node.pid); done\nfor node in a b c r s; do wait $(cat $node.pid); done\n")


class ByHand(unittest.TestCase):
    def test_is_what_is_named_here(self):
        self.assertEqual([(block.by_hand, block.first_line) for block in blocks_of(PAGE) if block.by_hand], BY_HAND)


unittest.main(verbosity=2)
