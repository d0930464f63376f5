"""`import`: exactly once whatever is killed meanwhile, bad rows in a file of their own, two tenants, wrong use.

Use: import_test.py BINARY     DOTMAC_TEST_SEED
"""

import csv
import json
import os
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, WHOLE, NodeTest  # noqa: E402

CLICKS = ["--map", "event_type=click", "--map", "event_name={page}", "--map", "user_id={user}", "--map", "timestamp={at}"]


class Import(NodeTest):
    def path(self, name):
        return os.path.join(self.folder, name)

    def write_clicks(self, count, bad=()):
        with open(self.path("clicks.csv"), "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["page", "user", "at", "n"])
            for number in range(count):
                rows.writerow([f"page \"{number % 7}\", x", f"user{number % 50}", "never" if number in bad else f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z", number])

    def command(self, *options, tenant="default"):
        return [BINARY, "import", *options, "--url", f"http://127.0.0.1:{self.node.port}", "--tenant-id", tenant, "--json"]

    def load(self, *options, code=0, tenant="default"):
        ended = subprocess.run(self.command(*options, tenant=tenant), capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.returncode, code, (ended.stdout, ended.stderr))
        return json.loads(ended.stdout) if ended.stdout else ended.stderr

    def load_through_kills(self, options, chance, kills_wanted, node_every, count, arrived):
        """Starts the import again and again and kills it `kills_wanted` times, the node with every `node_every`th; then lets it end.

        A kill comes after a random while, and at the latest when the next part of `count` has arrived: so a fast machine is killed as often as a slow one.
        """
        kills = 0
        while True:
            running = subprocess.Popen(self.command(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if kills == kills_wanted:
                output, errors = running.communicate(timeout=120)
                self.assertEqual(running.returncode, 0, errors)
                return json.loads(output), kills
            until, part = time.monotonic() + chance.uniform(0.02, 0.5), count * (kills + chance.random()) / (kills_wanted + 1)
            while time.monotonic() < until and arrived() < part and running.poll() is None:
                time.sleep(0.002)
            self.assertIsNone(running.poll(), "the import ended before it was killed")
            kills += 1
            if kills % node_every == 0:
                before = arrived()
                self.node.kill()  # the importer goes on trying
                time.sleep(0.1)
                self.assertIsNone(running.poll(), "the import gave up while the node was away")
                self.node.start()
                until = time.monotonic() + 0.2
                while time.monotonic() < until and arrived() <= before:
                    time.sleep(0.002)
            running.kill()
            running.communicate()

    def numbers(self, tenant="default"):
        """The column n of every event that is there."""
        found, cursor = [], None
        while True:
            page = self.ask("/events/query", {"limit": 1000, **({"cursor": cursor} if cursor else {})}, tenant)
            found += [each["properties"]["n"] for each in page["events"]]
            cursor = page["next_cursor"]
            if not cursor:
                return sorted(found)

    def test_tells_what_it_did_and_has_no_effect_the_second_time(self):
        self.write_clicks(2_500)
        first = self.load(self.path("clicks.csv"), *CLICKS)
        self.assertEqual((first["accepted"], first["duplicates"], first["rejected"]), (2_500, 0, 0))
        again = self.load(self.path("clicks.csv"), *CLICKS)
        self.assertEqual((again["accepted"], again["duplicates"]), (0, 2_500))
        self.assertEqual(self.numbers(), list(range(2_500)))
        self.load(self.path("clicks.csv"), *CLICKS, tenant="other")
        self.assertEqual(self.numbers("other"), list(range(2_500)))
        self.assertFalse(os.path.exists(self.path("clicks.csv.import-state")))
        self.assertFalse(os.path.exists(self.path("clicks.csv.rejected")))

    def test_puts_bad_rows_in_a_file_with_the_reason(self):
        self.write_clicks(1_200, bad={5, 700})
        with open(self.path("clicks.csv"), "a") as file:
            file.write("only,three,fields\n" + "y" * 300 + ",u,2026-01-01,1300\n")
        ended = subprocess.run(self.command(self.path("clicks.csv"), *CLICKS), capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("4 rows were rejected", ended.stderr)
        with open(self.path("clicks.csv.rejected")) as file:
            rows = [json.loads(line) for line in file]
        self.assertEqual([each["line"] for each in rows], [7, 702, 1_202, 1_203])
        self.assertIn("RFC 3339", rows[0]["reason"])
        self.assertIn("3 fields", rows[2]["reason"])
        self.assertIn("event_name", rows[3]["reason"])
        self.assertTrue(rows[2]["row"].startswith("only,three"))
        self.assertEqual(len(self.numbers()), 1_198)

    def test_counts_every_row_once_though_importer_and_node_are_killed(self):
        print("seed", SEED, flush=True)
        chance = random.Random(SEED)
        count = 60_000
        self.write_clicks(count, bad={10, 30_000, 59_999})
        options = [self.path("clicks.csv"), *CLICKS, "--batch-size", "100", "--allow-rejected"]
        done, kills = self.load_through_kills(options, chance, 10, 3, count, lambda: self.node.call("GET", "/events/stats")[1]["event_count"])
        self.assertGreaterEqual(kills, 10)
        self.assertEqual(self.numbers(), [n for n in range(count) if n not in (10, 30_000, 59_999)])
        with open(self.path("clicks.csv.rejected")) as file:
            self.assertEqual([json.loads(line)["line"] for line in file], [12, 30_002, 60_001])
        self.assertEqual(done["rejected"], 3)

    def test_rejects_rows_whose_id_was_there_with_other_content(self):
        with open(self.path("ids.csv"), "w") as file:
            file.write("id,n,at\na,1,\nb,2,\na,1,\nb,3,\nc,x,\nc,4,2026-01-01\n")
        as_events = ["--map", "event_type=t", "--map", "event_name=t", "--map", "event_id={id}"]
        as_values = ["--as", "values", "--metric", "m={n}", "--create-metrics", "gauge", "--map", "value_id={id}"]
        for options, bad in ((as_events, [5, 7]), (as_values, [5, 6])):
            for accepted, duplicates in ((3, 1), (0, 4)):
                done = self.load(self.path("ids.csv"), *options, "--allow-rejected")
                self.assertEqual((done["accepted"], done["duplicates"], done["rejected"]), (accepted, duplicates, 2))
                with open(self.path("ids.csv.rejected")) as file:
                    rows = [json.loads(line) for line in file]
                self.assertEqual([each["line"] for each in rows], bad, rows)
                self.assertIn("other content", rows[0]["reason"])

    def test_leaves_out_rows_also_at_the_end(self):
        self.write_clicks(1_003)
        done = self.load(self.path("clicks.csv"), *CLICKS, "--where", "n!=1002", "--where", "n!=1001", "--where", "n!=3")
        self.assertEqual((done["accepted"], done["left_out"]), (1_000, 3))

    def test_stops_where_it_cannot_keep_its_state_or_would_write_over_its_file(self):
        self.write_clicks(300_000)
        nowhere = self.path("no-such-folder/state")
        self.assertIn("no-such-folder", self.load(self.path("clicks.csv"), *CLICKS, "--state", nowhere, "--batch-size", "100", code=1))
        self.assertLess(self.node.call("GET", "/events/stats")[1]["event_count"], 300_000)
        for options in (["--rejected", self.path("clicks.csv")], ["--state", self.path("clicks.csv")], ["--state", self.path("a"), "--rejected", self.path("a")]):
            self.assertIn("must be three files", self.load(self.path("clicks.csv"), *CLICKS, *options, code=1))
        with open(self.path("clicks.csv")) as file:
            self.assertEqual(sum(1 for _ in file), 300_001)

    def test_counts_every_value_once_though_importer_and_node_are_killed(self):
        print("seed", SEED, flush=True)
        chance = random.Random(SEED)
        count = 30_000
        amounts = [(chance.randrange(1_000), chance.randrange(1_000)) for _ in range(count)]
        with open(self.path("values.csv"), "w") as file:
            file.write("at,in,out\n" + "".join(f"{1_700_000_000 + n},{a},{b}\n" for n, (a, b) in enumerate(amounts)))
        options = [self.path("values.csv"), "--as", "values", "--metric", "in={in}", "--metric", "out={out}", "--map", "timestamp={at}", "--time-format", "s",
                   "--create-metrics", "counter", "--batch-size", "100"]

        def arrived():
            status, answer, _ = self.node.call("POST", "/metrics/aggregate", {"metric_id": "out", "aggregation_method": "count", "granularity": "all", **WHOLE})
            return answer["aggregates"][0]["sample_count"] if status == 200 and answer["aggregates"] else 0

        _, kills = self.load_through_kills(options, chance, 8, 2, count, arrived)
        self.assertGreaterEqual(kills, 8)
        for column, metric in enumerate(("in", "out")):
            found = self.ask("/metrics/aggregate", {"metric_id": metric, "aggregation_method": "sum", "granularity": "all", **WHOLE})["aggregates"]
            self.assertEqual([(each["sample_count"], each["value"]) for each in found], [(count, sum(each[column] for each in amounts))])

    def test_goes_on_after_an_interruption_and_not_with_another_mapping(self):
        self.write_clicks(200_000)
        running = subprocess.Popen(self.command(self.path("clicks.csv"), *CLICKS, "--batch-size", "50"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        state = self.path("clicks.csv.import-state")
        while not os.path.exists(state) and running.poll() is None:
            time.sleep(0.02)
        running.terminate()
        _, errors = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 1, errors)
        self.assertIn("goes on from here", errors)
        self.assertIn("--restart", self.load(self.path("clicks.csv"), *CLICKS, "--map", "session_id={n}", code=1))
        done = self.load(self.path("clicks.csv"), *CLICKS)
        self.assertTrue(done["resumed"])
        self.assertEqual(done["accepted"] + done["duplicates"], 200_000)
        self.assertEqual(self.node.call("GET", "/events/stats")[1]["event_count"], 200_000)

    def test_waits_while_the_node_refuses_and_gives_up_in_the_end(self):
        self.write_clicks(10)
        self.node.kill()
        self.assertIn("does not answer", self.load(self.path("clicks.csv"), *CLICKS, "--retry-seconds", "0", code=1))
        running = subprocess.Popen(self.command(self.path("clicks.csv"), *CLICKS), stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)
        self.node.start()
        self.assertEqual(json.loads(running.communicate(timeout=60)[0])["accepted"], 10)

    def test_takes_lines_of_json_and_a_mapping_file(self):
        with open(self.path("rows.ndjson"), "w") as file:
            for number in range(1_500):
                file.write(json.dumps({"metric": "load", "host": f"h{number % 3}", "v": number, "at": number * 1_000}) + "\n")
        with open(self.path("mapping.json"), "w") as file:
            json.dump({"as": "values", "metrics": {"load": "{v}"}, "dimensions": {"host": "{host}"}, "map": {"timestamp": "{at}"}, "time_format": "ms"}, file)
        done = self.load(self.path("rows.ndjson"), "--mapping", self.path("mapping.json"), "--create-metrics", "gauge")
        self.assertEqual(done["accepted"], 1_500)
        sums = self.ask("/metrics/aggregate", {"metric_id": "load", "aggregation_method": "sum", "granularity": "all", "dimensions": ["host"],
                                               "start_time": "1970-01-01T00:00:00Z", "end_time": "1971-01-01T00:00:00Z"})["aggregates"]
        self.assertEqual([each["value"] for each in sums], [sum(range(start, 1_500, 3)) for start in range(3)])
        with open(self.path("mapping.json"), "w") as file:
            json.dump({"mop": {}}, file)
        self.assertIn("mop", self.load(self.path("rows.ndjson"), "--mapping", self.path("mapping.json"), code=2))

    def test_says_what_is_wrong_before_it_sends_anything(self):
        self.write_clicks(1)
        for options, text in ((["--map", "event_type={kind}", "--map", "event_name=x"], 'no column "kind"'), ([], "event_type"),
                              ([*CLICKS, "--where", "colour=red"], 'no column "colour"'), ([*CLICKS, "--time-format", "%Q"], "%Q"),
                              ([*CLICKS, "--timezone", "Mars/Olympus"], "time zone")):
            if options:
                self.assertIn(text, self.load(self.path("clicks.csv"), *options, code=1))
        self.assertIn("cannot be opened", self.load(self.path("nothing.csv"), *CLICKS, code=1))
        self.assertIn("there is no metric missing one; --create-metrics", self.load(self.path("clicks.csv"), "--as", "values", "--metric", "missing one={n}", code=1))
        self.assertIn("cannot be made", self.load(self.path("clicks.csv"), "--as", "values", "--metric", "m={n}", "--create-metrics", "colour", code=1))
        self.assertIn("from a column", self.load(self.path("clicks.csv"), "--as", "values", "--metric", "{user}={n}", "--create-metrics", "gauge", code=1))

    def test_rejects_rows_that_are_not_utf_8_with_their_line(self):
        with open(self.path("bytes.csv"), "wb") as file:
            file.write("page,user\ngröße,ann\n".encode() + b"gr\xf6\xdfe,bob\nfine,\xff\xfe\nlast,\xed\xa0\x80\n" + "ok,zoë\n".encode())
        done = self.load(self.path("bytes.csv"), "--map", "event_type=t", "--map", "event_name={page}", "--map", "user_id={user}", "--allow-rejected")
        self.assertEqual((done["accepted"], done["rejected"]), (2, 3))
        with open(self.path("bytes.csv.rejected"), encoding="utf-8") as file:
            self.assertEqual([(each["line"], each["reason"]) for each in map(json.loads, file)], [(line, "is no valid UTF-8") for line in (3, 4, 5)])
        self.assertEqual({(each["event_name"], each["user_id"]) for each in self.ask("/events/query", {})["events"]}, {("größe", "ann"), ("ok", "zoë")})
        with open(self.path("bytes.csv"), "wb") as file:
            file.write(b"p\xe4ge,user\na,b\n")
        self.assertIn("no valid UTF-8", self.load(self.path("bytes.csv"), "--map", "event_type=t", "--map", "event_name={user}", code=1))
        with open(self.path("rows.csv"), "w") as file:
            file.write("page,user\na,b\n")
        self.assertIn("line 3: is no valid UTF-8", self.load(self.path("rows.csv"), "--map", "event_type=t", "--map", "event_name={user}", "--join", self.joined(b"page,x\nq,1\na,\xe4\n"), code=1))

    def joined(self, content):
        with open(self.path("joined.csv"), "wb") as file:
            file.write(content)
        return self.path("joined.csv") + ":page"

    def test_takes_the_names_of_metrics_from_a_column(self):
        with open(self.path("long.csv"), "w") as file:
            file.write("what,amount\nin,1\nout,2\nnothing,3\nin,4\n")
        for name in ("in", "out"):
            self.ask("/metrics/", {"name": name, "display_name": name, "metric_type": "counter"})
        done = self.load(self.path("long.csv"), "--as", "values", "--metric", "{what}={amount}", "--allow-rejected")
        self.assertEqual((done["accepted"], done["rejected"]), (3, 1))
        with open(self.path("long.csv.rejected")) as file:
            row = json.loads(file.read())
        self.assertEqual((row["line"], row["row"]), (4, "nothing,3"))
        self.assertIn("there is no metric nothing", row["reason"])
        self.assertEqual([each["value"] for each in self.ask("/metrics/values/query", {"metric_id": "in"})["values"]].count(4), 1)


unittest.main(verbosity=2)
