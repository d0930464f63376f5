"""The pages in a real browser (Debian's chromium, driven by playwright-core), served by the real program. The checks are in the .mjs files beside this one.

Use: pages_test.py BINARY
"""

import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402

SECRET = "test-" + "0123456789abcdef" * 3


class Pages(NodeTest):
    def run_checks(self, name, token=""):
        environment = {**os.environ, "DOTMAC_TEST_URL": f"http://127.0.0.1:{self.node.port}", "DOTMAC_TEST_TOKEN": token}
        with open(os.path.join(self.folder, "checks.log"), "w+") as errors:
            checks = subprocess.Popen(["node", os.path.join(HERE, name + ".mjs")], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
            said = ""
            for line in checks.stdout:
                said += line
                if line.strip() == "restart the node":
                    self.node.kill()
                    self.node.start()
                    checks.stdin.write("done\n")
                    checks.stdin.flush()
            checks.stdin.close()
            checks.stdout.close()
            errors.seek(0)
            print(said)
            self.assertEqual(checks.wait(60), 0, said + errors.read())
            self.assertIn("# fail 0", said.replace("ℹ", "#"))


class ClosedPages(Pages):
    environment = {"SECRET_KEY": SECRET}

    def setUp(self):
        super().setUp()
        made = subprocess.run([BINARY, "make-token"], env={**os.environ, **self.environment}, capture_output=True, text=True, check=True)
        self.token = made.stdout.strip()

    def test_signing_in(self):
        self.run_checks("sign_in", self.token)

    def test_home(self):
        self.run_checks("home", self.token)

    def test_explore(self):
        self.run_checks("explore", self.token)

    def test_live_events(self):
        self.run_checks("live", self.token)


class OpenPages(Pages):
    def test_open_node(self):
        self.run_checks("open_node")


unittest.main(verbosity=2)
