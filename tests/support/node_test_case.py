"""A test case with a node of its own. The first argument of the test program is the node's binary.

DOTMAC_TEST_SEED repeats a run.
"""

import datetime
import os
import random
import shutil
import sys
import tempfile
import unittest

from node_process import Node

BINARY = sys.argv.pop(1)
SEED = int(os.environ.get("DOTMAC_TEST_SEED", str(random.SystemRandom().randrange(1 << 31))))
SANITIZED = "DOTMAC_TEST_SANITIZED" in os.environ  # a sanitizer's own memory is larger than that of the node
UTC = datetime.timezone.utc
WHOLE = {"start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}


def write_time(at):
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class NodeTest(unittest.TestCase):
    database = ""
    environment = {}

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dotmac-server-")
        self.node = Node(BINARY, self.folder, self.database, **{"LOG_LEVEL": "warn", **self.environment}).start()

    def tearDown(self):
        if self.node.process.poll() is None:
            self.node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, path, body, tenant="default", wanted=200):
        status, answer, _ = self.node.call("POST", path, body, {"X-Tenant-ID": tenant})
        self.assertEqual(status, wanted, answer)
        return answer
