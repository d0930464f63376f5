"""The commands that talk to a node, as a person and as a script use them.

Use: command_test.py BINARY
"""

import json
import os
import pty
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402


class CommandTest(NodeTest):
    def run_command(self, *arguments, code=0, url=None, **variables):
        ended = subprocess.run([BINARY, *arguments, *(["--url", url or f"http://127.0.0.1:{self.node.port}"] if arguments[0] != "settings" else [])],
                               env=dict(os.environ, **variables), capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, code, (arguments, ended.stdout, ended.stderr))
        self.assertNotIn("\033", ended.stdout + ended.stderr, "colours belong on a terminal")
        if code:
            self.assertNotEqual(ended.stderr, "")
        return ended.stdout if code == 0 else ended.stderr

    def answer(self, *arguments, **more):
        return json.loads(self.run_command(*arguments, "--json", **more))


class Commands(CommandTest):
    def test_events(self):
        self.run_command("track-event", "hello", "--user-id", "ann", "--session-id", "s", "--customer-id", "c", "--properties", '{"plan":"fiber"}',
                         "--event-id", "e1", "--timestamp", "2026-01-02T03:04:05Z")
        sent = self.answer("track-event", "order", "--event-type", "conversion")
        self.assertEqual(sent["status"], "tracked")
        far = str(10 * 365 * 24)
        found = self.answer("query-events", "--event-name", "hello", "--hours", far)
        self.assertEqual([(each["event_id"], each["event_type"], each["user_id"], each["properties"]) for each in found["events"]],
                         [("e1", "custom", "ann", {"plan": "fiber"})])
        table = self.run_command("query-events", "--user-id", "ann", "--hours", far).splitlines()
        self.assertEqual(table[0].split(), ["time", "type", "name", "user", "properties"])
        self.assertEqual(table[0].index("type"), table[1].index("custom"), "columns are aligned")
        self.assertEqual(self.answer("query-events", "--hours", "1")["total"], 1)
        self.assertEqual(self.answer("stats")["event_count"], 2)
        self.assertIn("hello", self.run_command("stats"))

    def test_metrics(self):
        made = self.answer("create-metric", "latency", "Latency", "--metric-type", "histogram", "--unit", "ms", "--description", "of pings")
        self.assertEqual((made["metric_type"], made["unit"], made["description"]), ("histogram", "ms", "of pings"))
        self.run_command("record-metric", "latency", "12.5", "--dimension", "site=berlin", "--timestamp", "2026-01-01T00:00:00Z")
        self.assertEqual(self.answer("record-metric", made["metric_id"], "-1")["status"], "recorded")
        self.assertIn("latency  histogram  ms", self.run_command("list-metrics"))
        self.assertIn("exists", self.run_command("create-metric", "latency", "Latency", code=1))
        self.assertIn("there is no metric nothing", self.run_command("record-metric", "nothing", "1", code=1))

    def test_list_all_metrics_however_many_pages_they_fill(self):
        names = [f"m{number:04}" for number in range(2001)]
        for name in names:
            self.ask("/metrics/", {"name": name, "display_name": name, "metric_type": "gauge"})
        found = self.answer("list-metrics")
        self.assertEqual([each["name"] for each in found["metrics"]], names)
        self.assertEqual((found["count"], found["total"], found["next_cursor"]), (2001, 2001, None))
        self.assertIn("2,001 of 2,001 metrics", self.run_command("list-metrics"))

    def test_tenants_are_apart(self):
        self.run_command("track-event", "a", "--tenant-id", "one")
        self.assertEqual(self.answer("stats", "--tenant-id", "one")["event_count"], 1)
        self.assertEqual(self.answer("stats", "--tenant-id", "two")["event_count"], 0)

    def test_health(self):
        self.assertTrue(self.run_command("health").startswith("ready"))
        self.assertIn("store", self.run_command("health", "-v"))
        self.assertEqual(self.answer("health")["status"], "healthy")
        self.assertIn("does not answer", self.run_command("health", code=1, url="http://127.0.0.1:1"))

    def test_wrong_use_has_exit_code_2(self):
        for arguments in (["track-event"], ["track-event", "x", "--colour", "1"], ["record-metric", "m", "much"], ["stats", "--tenant-id", "a b"],
                          ["import", "f.csv", "--as", "poems"], ["import", "f.unknown"], ["import", "f.csv", "--map", "nothing"], ["import", "f.csv", "--batch-size", "0"],
                          ["query-events", "--limit", "1001"]):
            self.run_command(*arguments, code=2)
        self.run_command("stats", code=2, url="ftp://127.0.0.1")
        self.assertIn("--properties", self.run_command("track-event", "x", "--properties", "[1]", code=2))
        self.assertIn("--dimension site: must be name=value", self.run_command("record-metric", "m", "1", "--dimension", "site", code=2))
        for number in ("nan", "inf", "NaN"):
            self.assertIn("value: must be a finite number", self.run_command("record-metric", "m", number, code=2))


class WithoutANode(CommandTest):
    def run_alone(self, *arguments, code=0, **variables):
        ended = subprocess.run([BINARY, *arguments], env=dict(os.environ, **variables), capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, code, (arguments, ended.stdout, ended.stderr))
        return ended.stdout

    def test_every_command_can_answer_as_json(self):
        place = os.path.join(self.folder, "other")
        made = json.loads(self.run_alone("init-db", "--json", "--data-dir", place))
        self.assertEqual(made["changed"], len(made["migrations"]))
        self.assertTrue(all(each["applied"] and each["applied_at"] and each["name"] for each in made["migrations"]))
        self.assertEqual(json.loads(self.run_alone("migrate", "status", "--json", "--data-dir", place)), {"changed": 0, "migrations": made["migrations"]})
        back = json.loads(self.run_alone("migrate", "down", "--json", "--data-dir", place))
        self.assertEqual((back["changed"], back["migrations"][-1]["applied"], back["migrations"][-1]["applied_at"]), (1, False, None))
        self.assertEqual(json.loads(self.run_alone("migrate", "up", "--json", "--data-dir", place))["changed"], 1)
        table = self.run_alone("settings")
        listed = json.loads(self.run_alone("settings", "--json"))["settings"]
        self.assertEqual(len(listed), len(table.splitlines()) - 2)
        port = next(each for each in listed if each["variable"] == "PORT")
        self.assertEqual((port["file_key"], port["default"], port["from"], port["to"]), ("server.port", "8000", 0, 65535))

    def test_the_version_is_the_one_that_a_node_tells(self):
        self.assertEqual(self.run_alone("--version").strip(), self.node.call("GET", "/health/")[1]["version"])


class Keys(CommandTest):
    def test_let_a_tenant_in_and_nobody_else(self):
        made = self.answer("init-tenant", "--tenant-id", "acme", "--timezone", "Europe/Berlin")
        self.assertTrue(made["api_key"].startswith("dma.acme."))
        self.assertIn("exists already", self.run_command("init-tenant", "--tenant-id", "acme", code=1))
        self.assertEqual(self.node.stop(), 0)
        self.node.environment = dict(self.node.environment, SECRET_KEY="k" * 48)
        self.node.start()
        self.run_command("track-event", "a", "--tenant-id", "acme", "--api-key", made["api_key"])
        self.assertEqual(self.answer("stats", "--tenant-id", "acme", DOTMAC_API_KEY=made["api_key"])["event_count"], 1)
        self.run_command("track-event", "a", "--tenant-id", "acme", code=1)
        self.run_command("track-event", "a", "--tenant-id", "other", "--api-key", made["api_key"], code=1)


class OnATerminal(CommandTest):
    def run_on_a_terminal(self, *arguments, **variables):
        """(exit code, what the terminal got)"""
        master, slave = pty.openpty()
        running = subprocess.Popen([BINARY, *arguments, "--url", f"http://127.0.0.1:{self.node.port}"], stdout=slave, stderr=slave,
                                   env={**{name: value for name, value in os.environ.items() if name != "NO_COLOR"}, **variables})
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 65_536)
            except OSError:  # nobody writes any more
                break
            if not piece:
                break
            seen += piece
        os.close(master)
        return running.wait(60), seen.decode()

    def test_there_are_colours_unless_refused(self):
        code, seen = self.run_on_a_terminal("health")
        self.assertEqual((code, seen.startswith("\033[32mready\033[0m")), (0, True), seen)
        self.assertNotIn("\033", self.run_on_a_terminal("health", NO_COLOR="1")[1])
        self.assertIn("\033[31merror\033[0m", self.run_on_a_terminal("record-metric", "none", "1")[1])
        self.assertNotIn("\033", self.run_on_a_terminal("stats", "--json")[1])

    def test_an_import_shows_how_far_it_is(self):
        path = os.path.join(self.folder, "rows.csv")
        with open(path, "w") as file:
            file.write("n\n" + "".join(f"{n}\n" for n in range(200_000)))
        code, seen = self.run_on_a_terminal("import", path, "--map", "event_type=a", "--map", "event_name=b", "--connections", "1", "--batch-size", "200")
        self.assertEqual(code, 0, seen)
        self.assertRegex(seen, r"\r\[=* *\] +\d+ %  [\d,]+ rows  [\d,]+/s  \d+ s left")
        self.assertIn("200,000 accepted", seen)


class SettingsFile(CommandTest):
    """`init-db` shows which folder was meant: that is where the store appears."""

    def run_program(self, *arguments, code=0, **variables):
        environment = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "DATABASE_URL", "DOTMAC_CONFIG")}
        ended = subprocess.run([BINARY, *arguments], env=dict(environment, **variables), capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, code, (arguments, ended.stdout, ended.stderr))
        return ended.stderr

    def stores(self):
        """Folders that have a store now; they are emptied."""
        found = []
        for name in ("file", "variable", "option"):
            folder = os.path.join(self.folder, name)
            if os.path.isdir(folder) and os.listdir(folder):
                found.append(name)
                shutil.rmtree(folder)
        return found

    def test_yields_to_the_environment_and_both_to_options(self):
        path = os.path.join(self.folder, "settings.toml")
        place = {name: os.path.join(self.folder, name) for name in ("file", "variable", "option")}
        with open(path, "w") as file:
            file.write(f'[database]\ndata_dir = "{place["file"]}"\n')
        self.run_program("init-db", "--config", path)
        self.assertEqual(self.stores(), ["file"])
        self.run_program("init-db", DOTMAC_CONFIG=path)
        self.assertEqual(self.stores(), ["file"])
        self.run_program("init-db", "--config", path, DOTMAC_CONFIG="/nowhere")
        self.assertEqual(self.stores(), ["file"])
        self.run_program("init-db", "--config", path, DATA_DIR=place["variable"])
        self.assertEqual(self.stores(), ["variable"])
        self.run_program("init-db", "--config", path, "--data-dir", place["option"], DATA_DIR=place["variable"])
        self.assertEqual(self.stores(), ["option"])

    def test_that_is_wrong_is_wrong_use(self):
        path = os.path.join(self.folder, "settings.toml")
        with open(path, "w") as file:
            file.write("[server]\nprot = 1\n")
        for command in (["serve"], ["init-db"], ["migrate", "status"]):
            self.assertIn("line 2: server.prot: there is no such setting", self.run_program(*command, "--config", path, code=2))
        self.assertIn("cannot be opened", self.run_program("serve", code=2, DOTMAC_CONFIG=self.folder + "/none"))


unittest.main(verbosity=2)
