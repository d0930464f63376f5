"""The console on a terminal of 80 columns and 24 lines, as a person uses it: a real pseudo terminal, a real node.

Use: console_test.py BINARY
"""

import glob
import os
import signal
import sqlite3
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402
from screen_emulator import TerminalProgram  # noqa: E402

WITHIN = 20  # seconds for something to be seen; a sanitized build is slow
ENTER, ESCAPE = "\r", "\033"


class ConsoleTest(NodeTest):
    def setUp(self):
        super().setUp()
        self.consoles = []
        self.ask("/events/track", {"event_type": "a", "event_name": "b", "user_id": "ann"}, "acme")
        self.ask("/metrics/", {"name": "load", "display_name": "load", "metric_type": "gauge"}, "acme")
        self.ask("/metrics/values", {"metric_id": "load", "value": 1}, "acme")

    def tearDown(self):
        for each in self.consoles:
            each.close()
        super().tearDown()

    def console(self, *arguments, columns=80, lines=24, **variables):
        environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LINES", "COLUMNS", "DOTMAC_API_KEY")}
        environment.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **variables})
        started = TerminalProgram([BINARY, "console", "--url", f"http://127.0.0.1:{self.node.port}", "--interval", "0.2", *arguments], environment, columns, lines)
        self.consoles.append(started)
        return started

    def see(self, console, *texts):
        self.assertTrue(console.read_until(lambda lines: all(any(text in line for line in lines) for text in texts), WITHIN), (texts, console.screen.text()))

    def see_no_more(self, console, text):
        self.assertTrue(console.read_until(lambda lines: not any(text in line for line in lines), WITHIN), (text, console.screen.text()))

    def open_tenant(self, console):
        self.see(console, "node alone", "serving", "live")
        console.press(ENTER)
        self.see(console, "shards", "shard-")
        console.press("/shard-")  # the only one with a tenant
        console.press(ENTER)
        console.press(ENTER)
        self.see(console, "tenants", "acme")
        console.press(ENTER)
        self.see(console, "events/0")

    def audit(self):
        status, answer, _ = self.node.call("GET", "/admin/audit?tenant=acme")
        self.assertEqual(status, 200, answer)
        return [(each["act"], each["subject"]) for each in answer["entries"]]

    def assert_restored(self, console, code):
        self.assertEqual(console.wait(WITHIN), code, console.screen.text())
        self.assertEqual(console.settings(), console.settings_before, "input is read as before")
        self.assertEqual((console.screen.is_alternate, console.screen.has_cursor), (False, True))

    def test_opens_down_to_an_actor_and_lets_it_go_after_a_yes(self):
        console = self.console()
        self.open_tenant(console)
        path = [each["path"] for each in self.node.call("GET", "/admin/actors?kind=events&tenant=acme")[1]["actors"]][0]
        console.press(ENTER)
        self.see(console, "events " + path + " on node", "journal")
        console.press(ESCAPE)
        self.see(console, "2 actors")
        console.press("p")
        self.see(console, "Passivate " + path + " on node?", "yes, do it")
        console.press("n")
        self.see(console, "not done")
        self.assertEqual([each for each in self.audit() if each[0] == "actor_passivated"], [])
        console.press("py")
        self.see(console, "passivate " + path + ": requested")
        self.see_no_more(console, "events/0 ")
        self.assertIn(("actor_passivated", path), self.audit())
        console.press("q")
        self.assert_restored(console, 0)

    def test_sees_what_happens(self):
        console = self.console()
        self.open_tenant(console)
        seen = []

        def is_busy(lines):
            self.ask("/events/track", {"event_type": "a", "event_name": "b", "user_id": "ann"}, "acme")
            row = next((line.split() for line in lines if line.startswith("events/0")), None)
            seen.append(row)
            return row is not None and row[1] not in ("-", "0") and int(row[8]) > 3  # msg/s, journal
        self.assertTrue(console.read_until(is_busy, WITHIN), seen[-3:])

    def test_outlives_a_node_that_is_killed(self):
        console = self.console()
        self.open_tenant(console)
        self.node.kill()
        self.see(console, "no answer since", "figures are of", "does not answer", "events/0")
        console.press("?")
        self.see(console, "Backspace, Left, Esc")  # keys are read meanwhile
        console.press(ESCAPE)
        self.node.start()
        self.ask("/events/track", {"event_type": "a", "event_name": "b"}, "acme")
        self.see(console, "live", "1 actors", "events/0")
        self.see_no_more(console, "no answer since")
        console.press("q")
        self.assert_restored(console, 0)

    def test_a_node_that_hangs_holds_up_neither_keys_nor_the_end(self):
        console = self.console()
        self.open_tenant(console)
        os.kill(self.node.process.pid, signal.SIGSTOP)
        try:
            console.press("?")
            self.see(console, "Backspace, Left, Esc")
            console.press(ESCAPE)
            self.see(console, "no answer since", "events/0")
            console.press("q")
            self.assert_restored(console, 0)
        finally:
            os.kill(self.node.process.pid, signal.SIGCONT)

    def test_restores_the_terminal_whatever_ends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            console = self.console()
            self.see(console, "live")
            self.assertTrue(console.screen.is_alternate)
            console.signal(number)
            self.assert_restored(console, 128 + number)
        console = self.console()
        self.see(console, "live")
        console.press("\003")  # Ctrl-C, as the terminal makes a signal of it
        self.assert_restored(console, 128 + signal.SIGINT)

    def test_ends_when_its_terminal_is_gone(self):
        console = self.console()
        self.see(console, "live")
        console.hang_up()
        self.assertEqual(console.process.wait(WITHIN), 128 + signal.SIGHUP)

    def test_uses_the_size_that_the_terminal_gets(self):
        console = self.console()
        self.see(console, "live")
        self.assertNotIn("address", console.screen.text())
        console.resize(132, 40)
        self.see(console, "address", f"127.0.0.1:{self.node.port}")
        self.assertIn("quit", console.screen.lines()[39])
        console.resize(30, 8)
        self.assertTrue(console.read_until(lambda lines: len(lines) == 8 and "? help" in lines[7], WITHIN), console.screen.text())

    def test_shows_dead_letters_in_the_letters_of_the_locale(self):
        file, = glob.glob(os.path.join(self.folder, "*.db")) or glob.glob(os.path.join(self.folder, "*.sqlite*"))
        with sqlite3.connect(file, timeout=30) as store:
            store.execute("INSERT INTO dead_letters(entity, recorded_at, message_type, reason, payload) VALUES ('acme/events/0', 1767261600250, 'append_events', ?, X'00')", ("zu groß \x1b[2J日本",))
        store.close()
        for locale, shown in (("C.UTF-8", "zu groß ?[2J日本"), ("C", "zu gro? ?[2J????")):
            console = self.console(LC_ALL=locale)
            self.see(console, "live")
            console.press("L")
            self.see(console, "dead letters", "acme/events/0", shown)
            console.press(ENTER)
            self.see(console, "append_events", "2026-01-01T10:00:00.250Z")
            console.press(ESCAPE)
            self.see(console, "1 letters")

    def test_says_why_an_act_was_refused(self):
        console = self.console()
        self.see(console, "live")
        console.press("Dy")
        self.see(console, "drain node: this node is alone")

    def test_says_that_a_credential_is_refused_and_takes_a_good_one(self):
        self.node.stop()
        self.node.environment = dict(self.node.environment, SECRET_KEY="k" * 48)
        self.node.start()
        console = self.console("--api-key", "dma.acme.wrong")
        self.see(console, "the credential is refused", "no figures")
        made = subprocess.run([BINARY, "make-token", "--scope", "admin"], env=dict(os.environ, SECRET_KEY="k" * 48), capture_output=True, text=True, check=True).stdout.strip()
        console = self.console(DOTMAC_API_KEY=made)
        self.see(console, "live", "serving")

    def test_needs_a_terminal(self):
        ended = subprocess.run([BINARY, "console", "--url", f"http://127.0.0.1:{self.node.port}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        self.assertIn("needs a terminal", ended.stderr)
        console = self.console(TERM="no-such-terminal")
        self.assertEqual(console.wait(WITHIN), 2)
        self.assertIn("no-such-terminal", console.screen.text())
        ended = subprocess.run([BINARY, "console", "--json"], capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 2)
        for interval in ("0", "61", "x"):
            self.assertEqual(subprocess.run([BINARY, "console", "--interval", interval], capture_output=True, timeout=60).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
