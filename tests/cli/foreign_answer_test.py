"""Commands and `import` facing a server that answers like no node: an error each time, never a crash, and no row taken for accepted.

Use: foreign_answer_test.py BINARY
"""

import decimal
import http.server
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BINARY = sys.argv.pop(1)
COMMANDS = [["stats"], ["list-metrics"], ["health"], ["health", "-v"], ["query-events"], ["track-event", "a"], ["record-metric", "m", "1"],
            ["create-metric", "a", "b"], ["init-tenant"], ["init-tenant", "--without-key"]]
STRANGE = [None, 1, -1.5, "text", [], [1], [None], {}, {"index": "first"}, {"a": 1}]


class Server:
    """Gives each request the next of `answers`, the last one for ever: (status, body, or what makes it of the request's body, headers)."""

    def __init__(self, *answers):
        self.answers, self.bodies = itertools.chain(answers, itertools.repeat(answers[-1])), []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def do_GET(self):
                server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                status, body, headers = next(server.answers)
                body = body(server.bodies[-1]) if callable(body) else body
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": len(data)}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.listener.serve_forever, args=(0.02,), daemon=True).start()

    def run(self, *arguments):
        return subprocess.run([BINARY, *arguments, "--url", f"http://127.0.0.1:{self.listener.server_port}"], capture_output=True, text=True, timeout=60)

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()


class ForeignAnswers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dotmac-cli-")
        self.file = os.path.join(self.folder, "rows.ndjson")
        self.write(4)

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, rows):
        with open(self.file, "w") as file:
            file.writelines(json.dumps({"event_type": "a", "event_name": "b", "properties": {"n": number}}) + "\n" for number in range(rows))

    def against(self, *answers):
        server = Server(*[(*each, {})[:3] for each in answers])
        self.addCleanup(server.close)
        return server

    def test_of_other_servers_are_errors(self):
        for answer in ((200, b"<html>"), (200, b""), (200, {}), (200, []), (200, b"[" * 100_000), (404, b"nothing here"), (500, {"detail": {"deep": 1}}),
                       (422, {"detail": ["x", {"loc": 1}, 7], "field": None}), (400, {"detail": "so it is", "field": 3})):
            server = self.against(answer)
            for command in COMMANDS:
                ended = server.run(*command)
                self.assertEqual((ended.returncode, ended.stdout), (1, ""), (answer, command, ended.stderr))
                self.assertTrue(ended.stderr.startswith("error: "), ended.stderr)

    def test_with_members_of_other_types_never_break_a_command(self):
        marks = ["event_count", "metrics", "events", "components", "version", "status", "event_id", "value_id", "metric_id", "tenant_id", "api_key", "kinds", "count", "total"]
        for strange in STRANGE:
            server = self.against((200, dict.fromkeys(marks, strange)))
            for command in COMMANDS:
                self.assertIn(server.run(*command).returncode, (0, 1), (strange, command))

    def test_without_end_are_an_error(self):
        server = self.against((200, {"metrics": [{"name": "again"}], "count": 1, "total": 2, "next_cursor": "again"}))
        ended = server.run("list-metrics")
        self.assertEqual((ended.returncode, ended.stdout, len(server.bodies)), (1, "", 1000), ended.stderr)
        self.assertIn("goes on after 1000 pages", ended.stderr)

    def test_cannot_move_the_cursor(self):
        event = {"timestamp": "t", "event_type": "\x1b[2J", "event_name": "a\nb\x7f\u009b1m", "user_id": "é", "properties": {}}
        ended = self.against((200, {"events": [event], "count": 1, "total": 1})).run("query-events")
        self.assertIn("?[2J", ended.stdout)
        self.assertIn("a?b??1m", ended.stdout)
        self.assertIn("é", ended.stdout)

    def test_that_do_not_tell_of_every_row_stop_an_import(self):
        errors = [{"index": 0, "detail": "x"}]
        for answer in ({}, {"success_count": 3}, {"success_count": 5}, {"success_count": -4}, {"success_count": "4"}, {"success_count": 4, "duplicates": 5}, {"success_count": 4, "duplicates": 4, "conflicts": {"indexes": [0]}},
                       {"success_count": 4, "errors": errors}, {"success_count": 2, "errors": errors * 2}, {"success_count": 3, "errors": [{"index": 4}]},
                       {"success_count": 3, "errors": [1]}, {"success_count": 3, "errors": STRANGE}, [], b"ok"):
            ended = self.against((200, answer)).run("import", self.file)
            self.assertEqual(ended.returncode, 1, (answer, ended.stdout))
            self.assertIn("error: the answer does not tell of each", ended.stderr)

    def test_that_refuse_for_now_are_asked_again_until_the_time_is_up(self):
        busy = (429, {"detail": "busy"}, {"Retry-After": "1"})
        server = self.against(busy, (503, {"detail": "draining"}, {"Retry-After": "1"}), (200, {"success_count": 4}))
        ended = server.run("import", self.file, "--json")
        self.assertEqual((ended.returncode, json.loads(ended.stdout)["accepted"], len(server.bodies)), (0, 4, 3), ended.stderr)
        self.assertEqual(len(set(server.bodies)), 1, "sent again as it was")
        ended = self.against(busy).run("import", self.file, "--retry-seconds", "1")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("still refuses (busy)", ended.stderr)

    def test_that_refuse_for_now_are_asked_again_also_about_a_metric(self):
        busy = (503, {"detail": "starting"})
        as_values = ["--as", "values", "--metric", "m={event_type}", "--allow-rejected", "--json"]
        server = self.against(busy, busy, (200, {"metric_id": "m"}))
        ended = server.run("import", self.file, *as_values)
        self.assertEqual((ended.returncode, json.loads(ended.stdout)["rejected"], len(server.bodies)), (0, 4, 3), ended.stderr)
        ended = self.against(busy).run("import", self.file, *as_values, "--retry-seconds", "0")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("still refuses (starting)", ended.stderr)

    def test_that_refuse_single_rows_for_now_get_these_again_alone(self):
        first = {"success_count": 2, "errors": [{"index": 1, "detail": "later", "code": "storage_unavailable"}, {"index": 3, "detail": "never"}]}
        server = self.against((200, first), (200, {"success_count": 1}))
        ended = server.run("import", self.file, "--json", "--allow-rejected")
        summary = json.loads(ended.stdout)
        self.assertEqual((summary["accepted"], summary["rejected"]), (3, 1), ended.stderr)
        self.assertEqual([each["properties"]["n"] for each in json.loads(server.bodies[1])["events"]], [1])
        with open(self.file + ".rejected") as file:
            self.assertEqual([(each["line"], each["reason"]) for each in map(json.loads, file)], [(4, "never")])
        later = {"success_count": 0, "errors": [{"index": 0, "detail": "later", "code": "storage_unavailable"}]}
        self.write(1)
        ended = self.against((200, later)).run("import", self.file, "--retry-seconds", "1")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("still refuses (later)", ended.stderr)

    def test_that_refuse_a_whole_batch_lead_to_the_row_at_fault(self):
        refused = (413, {"detail": "too large"})
        server = self.against(refused, (200, {"success_count": 2}), refused, refused, (200, {"success_count": 1}))
        ended = server.run("import", self.file, "--json", "--allow-rejected")
        self.assertEqual(json.loads(ended.stdout)["accepted"], 3, ended.stderr)
        with open(self.file + ".rejected") as file:
            self.assertEqual([(each["line"], each["reason"]) for each in map(json.loads, file)], [(3, "too large")])

    def test_follow_batches_bounded_in_bytes(self):
        with open(self.file, "w") as file:
            for number in range(30):
                file.write(json.dumps({"event_type": "a", "event_name": "b", "properties": {"n": number, "x": "y" * 900_000}}) + "\n")
        server = self.against((200, lambda body: {"success_count": len(json.loads(body)["events"])}))
        ended = server.run("import", self.file, "--json", "--batch-size", "10000")
        self.assertEqual(json.loads(ended.stdout)["accepted"], 30, ended.stderr)
        self.assertEqual(sorted(each["properties"]["n"] for body in server.bodies for each in json.loads(body)["events"]), list(range(30)))
        self.assertLess(max(map(len, server.bodies)), (4 << 20) + 1_000_000)

    def test_get_numbers_as_they_were_written(self):
        numbers = ["123456789012345678901234567890", "-99999999999999999999", "18446744073709551616", "0.12345678901234567890123", "9007199254740993", "-9223372036854775808", "12.5", "1e300",
                   "3.141592653589793238462643e-7"]
        with open(self.file, "w") as file:
            file.writelines(f'{{"event_type":"a","event_name":"b","properties":{{"n":{number},"deep":[{{"n":[{number}]}}],"text":"{number}"}}}}\n' for number in numbers)
        server = self.against((200, {"success_count": len(numbers)}))
        self.assertEqual(server.run("import", self.file).returncode, 0)
        self.assertEqual([(each["properties"]["n"], each["properties"]["deep"], each["properties"]["text"]) for each in json.loads(server.bodies[0], parse_int=decimal.Decimal, parse_float=decimal.Decimal)["events"]],
                         [(decimal.Decimal(number), [{"n": [decimal.Decimal(number)]}], number) for number in numbers])
        with open(self.file, "w") as file:
            file.writelines(f'{{"n":{number}}}\n' for number in numbers[:5])
        server = self.against((200, {"success_count": 5}))
        self.assertEqual(server.run("import", self.file, "--map", "event_type=a", "--map", "event_name=b", "--map", "user_id=u{n}").returncode, 0)
        self.assertEqual([each["user_id"] for each in json.loads(server.bodies[0])["events"]], ["u" + number for number in numbers[:5]])

    def test_that_keep_one_batch_waiting_hold_the_others_up(self):
        self.write(500)
        seen_meanwhile = []

        def answer(body):
            if b'"n":0' in body:
                until = time.monotonic() + 30
                while len(server.bodies) < 64 and time.monotonic() < until:
                    time.sleep(0.01)
                time.sleep(0.3)  # for those that should not come
                seen_meanwhile.append(len(server.bodies))
            return {"success_count": 1}

        server = self.against((200, answer))
        ended = server.run("import", self.file, "--batch-size", "1", "--json")
        self.assertEqual(json.loads(ended.stdout)["accepted"], 500, ended.stderr)
        self.assertEqual(seen_meanwhile, [64])

    def test_without_permission_stop_an_import_at_once(self):
        server = self.against((401, {"detail": "no key"}))
        ended = server.run("import", self.file)
        self.assertEqual((ended.returncode, len(server.bodies)), (1, 1))
        self.assertIn("no key", ended.stderr)


unittest.main(verbosity=2)
