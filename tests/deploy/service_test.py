"""What a machine's service manager, and whoever installs a node, can count on: what is installed, what the node tells and when, certificates as deploy/ makes them.

Use: service_test.py BINARY BUILD_FOLDER
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), HERE]
from manifests import DEPLOY, pod_settings, read, variables_of  # noqa: E402
from node_process import Node, Postgres  # noqa: E402

BINARY, BUILD = sys.argv.pop(1), sys.argv.pop(1)
CERTIFICATES = os.path.join(DEPLOY, "certificates.sh")


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, **options)


class FolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dotmac-service-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def done(self, *words, **options):
        ended = run(*words, **options)
        self.assertEqual(ended.returncode, 0, (words, ended.stdout, ended.stderr))
        return ended.stdout


class Told(FolderTest):
    def test_that_it_is_ready_when_it_takes_calls_and_that_it_stops_when_it_is_asked_to(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(self.folder + "/notify")
            manager.settimeout(60)
            node = Node(BINARY, self.folder, NOTIFY_SOCKET=self.folder + "/notify")
            environment = dict(os.environ, DATA_DIR=self.folder, PORT=str(node.port), NOTIFY_SOCKET=self.folder + "/notify")
            environment.pop("DATABASE_URL", None)
            node.process = subprocess.Popen([BINARY, "serve"], env=environment, stderr=subprocess.DEVNULL)
            self.addCleanup(node.process.kill)
            self.assertEqual(manager.recv(100), b"READY=1")
            self.assertEqual(node.call("GET", "/health/ready")[0], 200, "at once")
            node.process.send_signal(signal.SIGTERM)
            self.assertEqual(manager.recv(100), b"STOPPING=1")
            self.assertEqual(node.process.wait(60), 0)

    def test_in_vain_costs_the_node_nothing(self):
        node = Node(BINARY, self.folder, NOTIFY_SOCKET=self.folder + "/nobody").start()
        self.assertEqual(node.stop(), 0)
        self.assertIn("was not told", pathlib.Path(self.folder, "node.log").read_text())


class Installed(FolderTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.folder + "/usr"
        self.done("cmake", "--install", BUILD, "--prefix", self.prefix)

    def test_is_what_the_page_names_and_nothing_else(self):
        files = {str(each.relative_to(self.prefix)) for each in pathlib.Path(self.prefix).rglob("*") if each.is_file()}
        self.assertEqual(files, {"bin/dotmac-analytics", "lib/systemd/system/dotmac-analytics.service", "lib/sysusers.d/dotmac-analytics.conf", "share/dotmac-analytics/alerts.yaml",
                                 "share/dotmac-analytics/certificates.sh", "share/dotmac-analytics/environment.example"})
        self.assertEqual(self.done(self.prefix + "/bin/dotmac-analytics", "--version"), self.done(BINARY, "--version"))
        page = read("docs", "operations.md")
        for name in ("lib/sysusers.d/dotmac-analytics.conf", "share/dotmac-analytics/environment.example"):
            self.assertIn("/usr/local/" + name, page)

    def test_unit_is_one_that_systemd_takes(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("there is no systemd-analyze: that systemd takes the unit was NOT checked")
        unit = pathlib.Path(self.prefix, "lib/systemd/system/dotmac-analytics.service")
        # systemd looks for the program where it is installed, which is not here.
        unit.write_text(unit.read_text().replace("ExecStart=dotmac-analytics", f"ExecStart={self.prefix}/bin/dotmac-analytics"))
        said = run("systemd-analyze", "verify", "--man=no", str(unit))
        self.assertEqual((said.returncode, said.stderr.strip()), (0, ""))
        unit.write_text(unit.read_text().replace("ProtectSystem=", "ProtectSystems="))
        self.assertIn("ProtectSystems", run("systemd-analyze", "verify", "--man=no", str(unit)).stderr, "it would have been told")


class Certificates(FolderTest):
    def text(self, name, *what):
        return self.done("openssl", "x509", "-in", f"{self.folder}/{name}.pem", "-noout", *what)

    def make(self, *words, wanted=0, **environment):
        ended = run(CERTIFICATES, *words, env={**os.environ, **environment})
        self.assertEqual(ended.returncode, wanted, ended.stdout + ended.stderr)
        return ended.stderr

    def test_name_hosts_and_addresses_and_are_for_both_sides(self):
        self.make(self.folder, "a", "a.example", "10.1.2.3", "fd00::1", "*.peers.isp.svc")
        names = self.text("a", "-ext", "subjectAltName,extendedKeyUsage")
        for each in ("DNS:a.example", "IP Address:10.1.2.3", "IP Address:FD00:0:0:0:0:0:0:1", "DNS:*.peers.isp.svc", "TLS Web Server", "TLS Web Client"):
            self.assertIn(each, names)
        for secret in ("a.key", "ca.key"):
            self.assertEqual(stat.S_IMODE(os.stat(f"{self.folder}/{secret}").st_mode), 0o600)

    def test_are_renewed_with_their_key_and_leave_nothing_behind(self):
        self.make(self.folder, "a", "a.example", DAYS="2")
        before = self.text("a", "-serial"), self.text("a", "-pubkey"), self.text("ca", "-serial"), self.text("a", "-enddate")
        self.make(self.folder, "a", "a.example", DAYS="30")
        after = self.text("a", "-serial"), self.text("a", "-pubkey"), self.text("ca", "-serial"), self.text("a", "-enddate")
        self.assertEqual([one == other for one, other in zip(before, after)], [False, True, True, False])
        self.assertEqual(set(os.listdir(self.folder)), {"a.pem", "a.key", "ca.pem", "ca.key"})

    def test_are_not_made_for_what_is_no_name(self):
        for words in (["a"], [], ["../a", "host"], ["ca", "host"]):
            self.assertTrue(self.make(self.folder, *words, wanted=2))
        self.assertEqual(os.listdir(self.folder), [])

    def test_of_all_pods_are_taken_by_a_node_with_the_name_of_one_and_by_no_other(self):
        self.make(self.folder, "peers", "*.dotmac-analytics-peers.analytics.svc")
        postgres = Postgres()
        self.addCleanup(postgres.close)
        files = {"PEER_CERTIFICATE_FILE": "peers.pem", "PEER_KEY_FILE": "peers.key", "PEER_CA_FILE": "ca.pem"}
        common = {"CLUSTER_NAME": "pods", **{name: f"{self.folder}/{file}" for name, file in files.items()}}
        for namespace, is_taken in (("analytics", True), ("elsewhere", False)):
            pod = pod_settings(namespace=namespace)
            node = Node(BINARY, self.folder, postgres.url(), NODE_ID=pod["NODE_ID"], PEER_ADVERTISED_HOST=pod["PEER_ADVERTISED_HOST"], **common)
            if is_taken:
                self.assertEqual(node.start().stop(), 0)
            else:
                with self.assertRaisesRegex(RuntimeError, "PEER_CERTIFICATE_FILE"):
                    node.start()

    def test_and_secrets_of_compose_are_made_once(self):
        if os.getuid() != 0:
            self.skipTest("files cannot be given away without root: prepare.sh was NOT run")
        shutil.copytree(DEPLOY, self.folder + "/deploy", ignore=shutil.ignore_patterns(".env", "certificates"))
        own = self.folder + "/deploy/compose"
        self.done(own + "/prepare.sh")
        made = variables_of(pathlib.Path(own, ".env").read_text())
        self.assertEqual(set(made), set(variables_of(read("deploy", "compose", ".env.example"))))
        self.assertEqual({name for name, value in made.items() if re.fullmatch("[0-9a-f]{64}", value)}, {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"})
        self.assertEqual(len(set(made.values())), len(made))
        for node in ("node-a", "node-b", "node-c"):
            names = self.done("openssl", "x509", "-in", f"{own}/certificates/of-{node}/node.pem", "-noout", "-ext", "subjectAltName")
            self.assertIn("DNS:" + node, names)
            self.assertEqual({(os.stat(f"{own}/certificates/of-{node}/{each}").st_uid) for each in ("", "node.key", "node.pem", "ca.pem")}, {10001})
        before = {each: each.read_bytes() for each in pathlib.Path(own).rglob("*") if each.is_file()}
        self.done(own + "/prepare.sh")
        self.assertEqual({each: each.read_bytes() for each in pathlib.Path(own).rglob("*") if each.is_file()}, before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
