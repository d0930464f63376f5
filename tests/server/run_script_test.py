"""./run: says when the node is ready and where, whatever its settings and whoever else listens; Ctrl-C stops it; what was tracked is there again.

Use: run_script_test.py BINARY
"""

import http.client
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from node_process import free_port  # noqa: E402

BINARY = os.path.abspath(sys.argv.pop(1))


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dotmac-run-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.place = os.path.join(self.folder, "clone")  # of its own, so that no data of the real one is touched
        os.mkdir(self.place)
        shutil.copy(os.path.join(ROOT, "run"), self.place)

    def start(self, *arguments, **variables):
        environment = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "HOST", "PORT", "DATA_DIR", "DATABASE_URL", "DOTMAC_CONFIG")}
        running = subprocess.Popen(["./run", *arguments], cwd=self.place, env=dict(environment, DOTMAC_BINARY=BINARY, TMPDIR=self.folder, LOG_LEVEL="warn", **variables),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.addCleanup(self.end, running)
        seen = ""
        while "Stop: Ctrl-C" not in seen:
            line = running.stdout.readline()
            if not line:
                self.assertNotEqual(running.wait(30), None)
                return running, seen
            seen += line
        return running, seen

    @staticmethod
    def end(running):
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)  # the session that this test made
            running.wait()
        running.stdout.close()

    def interrupt(self, running):
        """What a terminal does on Ctrl-C: everybody in the foreground gets it."""
        os.killpg(running.pid, signal.SIGINT)
        self.assertEqual(running.wait(30), 0)
        self.assertEqual([each for each in os.listdir(self.folder) if each != "clone"], [], "nothing temporary is left")

    def run_line(self, line):
        ended = subprocess.run(["bash", "-c", line.replace("curl -s", "curl -sf")], capture_output=True, text=True, timeout=30)
        self.assertEqual(ended.returncode, 0, (line, ended.stderr))
        return json.loads(ended.stdout)

    def lines_to_try(self, seen):
        return [line.strip() for line in seen.splitlines() if line.startswith("  curl ")]

    def test_what_it_prints_works_and_is_kept_over_ctrl_c(self):
        port = free_port()
        for start in range(2):
            running, seen = self.start("--port", str(port))
            self.assertIn(f"The node is ready at http://127.0.0.1:{port} .", seen)
            answers = [self.run_line(line) for line in self.lines_to_try(seen)]
            self.assertEqual(len(answers), 4)
            self.assertEqual(answers[1]["total"], start + 1)
            self.interrupt(running)
        self.assertEqual(os.listdir(os.path.join(self.place, "data")).count("dotmac.db"), 1)

    def test_the_address_is_that_of_the_settings_file(self):
        file = os.path.join(self.place, "settings.toml")
        with open(file, "w") as out:
            out.write('[server]\nhost = "127.0.0.2"\nport = 0\n')
        running, seen = self.start("--config", "settings.toml")
        found = re.search(r"ready at http://127\.0\.0\.2:(\d+) ", seen)
        self.assertTrue(found, seen)
        for line in self.lines_to_try(seen):
            self.assertIn(f"http://127.0.0.2:{found.group(1)}/", line)
            self.run_line(line)
        self.interrupt(running)

    def test_on_every_address_it_names_one_that_answers(self):
        running, seen = self.start("--host", "0.0.0.0", "--port", "0")
        self.run_line(self.lines_to_try(seen)[0])
        self.interrupt(running)

    def test_another_node_on_the_port_is_not_taken_for_this_one(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        other = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=other.serve_forever, daemon=True).start()
        self.addCleanup(other.server_close)
        self.addCleanup(other.shutdown)
        running, seen = self.start("--port", str(other.server_port))
        self.assertEqual(running.wait(30), 1)
        self.assertNotIn("ready at", seen)
        self.assertIn(str(other.server_port), seen, "why it ended")

    def test_with_a_secret_key_it_says_how_to_make_a_key(self):
        running, seen = self.start("--port", "0", SECRET_KEY="test-" + "0123456789abcdef" * 3)
        url = re.search(r"ready at (\S+) ", seen).group(1)
        make_token, make_key = re.search(r"^  (TOKEN=.*)\n  (curl .*)$", seen, re.M).groups()
        ended = subprocess.run(["bash", "-c", make_token + "\n" + make_key], capture_output=True, text=True, timeout=30, env=dict(os.environ, SECRET_KEY="test-" + "0123456789abcdef" * 3))
        key = json.loads(ended.stdout)["api_key"]
        for line in self.lines_to_try(seen)[1:]:
            self.assertIn("$KEY", line)
            self.run_line(f"KEY={key}\n{line}")
        address = url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(address[0], int(address[1]), timeout=30)
        connection.request("GET", "/events/stats")
        self.assertEqual(connection.getresponse().status, 401)
        connection.close()
        self.interrupt(running)

    def test_a_wrong_setting_ends_it_with_the_nodes_exit_code(self):
        running, seen = self.start("--port", "70000")
        self.assertEqual(running.wait(30), 2)
        self.assertIn("65535", seen)


unittest.main(verbosity=2)
