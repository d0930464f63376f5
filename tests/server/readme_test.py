"""The README's tour: every command of it, as it stands there, against a new node; what it promises, and nothing but successes.

Use: readme_test.py BINARY
"""

import json
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def code_of(section):
    """The commands of a section: what is indented by four, lines that a quote leaves open joined."""
    text = re.search(rf"^## {re.escape(section)}$(.*?)(?=^## )", read("README.md"), re.M | re.S).group(1)
    commands, held = [], ""
    for line in text.splitlines():
        if line.startswith("    ") and not line.strip().startswith("#"):
            held += ("\n" if held else "") + line[4:]
            if held.count("'") % 2 == 0 and not held.endswith("\\"):
                commands.append(held)
                held = ""
    assert not held, held
    return commands


class Readme(NodeTest):
    def run_in_shell(self, command, code=0):
        environment = dict(os.environ, PATH=self.folder + ":" + os.environ["PATH"])
        ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, env=environment, cwd=self.folder)
        self.assertEqual(ended.returncode, code, (command, ended.stdout, ended.stderr))
        return ended.stdout

    def test_tour_does_what_it_says(self):
        answers = []
        for command in code_of("A tour"):
            self.assertTrue(command.startswith("curl -s localhost:8000/"), command)
            output = self.run_in_shell(command.replace("curl -s localhost:8000", f"curl -sf http://127.0.0.1:{self.node.port}"))
            answers.append((command.split()[2].removeprefix("localhost:8000"), json.loads(output) if output.startswith("{") else output))
        paths = [path for path, _ in answers]
        self.assertEqual(paths, ["/events/track", "/events/track/batch", "/events/track", "/events/query", "/events/aggregate", "/events/funnel", "/metrics/", "/metrics/values",
                                 "/metrics/aggregate", "/admin/actors", "/metrics"])
        tracked, batch, again, found, aggregated, funnel, metric, values, percentiles, actors, page = (answer for _, answer in answers)
        self.assertEqual(tracked["status"], "tracked")
        self.assertEqual((batch["success_count"], batch["error_count"], batch["errors"][0]["index"]), (2, 1, 2), "a bad one fails alone")
        self.assertEqual(again["duplicates"], 1, "the same event_id again has no effect")
        self.assertEqual([each["event_id"] for each in found["events"]], ["order-1"])
        self.assertEqual({each["dimensions"]["plan"]: (each["event_count"], each["unique_users"]) for each in aggregated["aggregates"]}, {"fiber": (2, 1), None: (1, 1)})
        self.assertEqual([(each["name"], each["count"]) for each in funnel["steps"]], [("page_view", 2), ("conversion", 1)])
        self.assertEqual((metric["name"], values["success_count"]), ("latency", 2))
        self.assertEqual({each["dimensions"]["site"]: each["value"] for each in percentiles["aggregates"]}, {"berlin": 12.5, "paris": 40})
        self.assertLessEqual({"node", "shard", "tenant", "events", "metric"}, {each["kind"] for each in actors["actors"]})
        self.assertIn("dotmac_actors{", page)

    def test_commands_of_the_command_line_work(self):
        os.symlink(os.path.abspath(BINARY), os.path.join(self.folder, "dotmac-analytics"))
        commands = [each for each in code_of("The command line") if " import " not in each]
        self.assertGreater(len(commands), 5)
        self.run_in_shell(f"dotmac-analytics track-event order --url http://127.0.0.1:{self.node.port}")
        for command in commands:
            for each in command.split(";"):
                self.run_in_shell(f"{each} --url http://127.0.0.1:{self.node.port}")

    def test_table_of_settings_is_the_programs(self):
        self.assertIn(subprocess.run([BINARY, "settings"], capture_output=True, text=True, timeout=30).stdout, read("README.md"))


unittest.main(verbosity=2)
