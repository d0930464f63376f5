"""Lists through the real port: limit, offset and cursors that stay true while entries come and go; names that are hard to put into a path.

Use: list_test.py BINARY     DOTMAC_TEST_SEED
"""

import datetime
import json
import os
import random
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, SEED, UTC, NodeTest, write_time  # noqa: E402

HARD_NAMES = ["a/b", "/", "/a", "a/", "a//b", "100%", "a%2Fb", "a b", " ", "größe", "名前", "..", ".", "../a", "a?b=c", "#", "a&b", "+", "values", "{metric_id}", "a\\b", "\"q\"", "a:b;c,d", "👍"]


class ListTest(NodeTest):
    def get(self, path, query=None, wanted=200):
        status, answer, _ = self.node.call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))
        self.assertEqual(status, wanted, (path, query, answer))
        return answer

    def define(self, name, kind="gauge", **more):
        return self.ask("/metrics/", {"name": name, "display_name": "x", "metric_type": kind, **more})

    def pages(self, path, member, limit, between=lambda: None, **query):
        """Every entry, page by page; `between` is called between two pages."""
        found, cursor = [], None
        while True:
            page = self.get(path, {**query, "limit": limit, **({"cursor": cursor} if cursor else {})})
            self.assertEqual((page["count"], page["limit"], page["offset"]), (len(page[member]), limit, 0))
            self.assertLessEqual(page["count"], limit)
            found += page[member]
            cursor = page["next_cursor"]
            if cursor is None:
                return found
            self.assertEqual(page["count"], limit)
            between()


class Lists(ListTest):
    def check_plain_pages(self, path, member, key, wanted):
        """Every limit and offset against the sorted list."""
        for limit, offset in ((1, 0), (2, 3), (1000, 0), (3, len(wanted)), (2, len(wanted) - 1)):
            page = self.get(path, {"limit": limit, "offset": offset})
            self.assertEqual([key(each) for each in page[member]], wanted[offset:offset + limit], (limit, offset))
            self.assertEqual((page["count"], page["total"], page["next_cursor"] is None), (len(page[member]), len(wanted), offset + limit >= len(wanted)))
        self.assertEqual([key(each) for each in self.pages(path, member, 2)], wanted)

    def check_refusals(self, path, cursor):
        for query, name in (({"limit": 0}, "limit"), ({"limit": 100_000_000}, "limit"), ({"limit": "x"}, "limit"), ({"limit": "1.5"}, "limit"), ({"offset": -1}, "offset"), ({"colour": "red"}, "colour"),
                            ({"cursor": "nonsense"}, "cursor"), ({"cursor": "e1.2"}, "cursor"), ({"cursor": ""}, "cursor"), ({"cursor": cursor, "offset": 1}, "offset")):
            answer = self.get(path, query, wanted=422)
            self.assertEqual([each["loc"] for each in answer["detail"]], [["query", name]], answer)
            self.assertEqual(answer["code"], "validation_failed")

    def test_of_metrics(self):
        names = [f"metric {number:02}" for number in range(7)]
        for name in reversed(names):
            self.define(name)
        self.check_plain_pages("/metrics/", "metrics", lambda each: each["name"], names)
        inserted = ["zz last", "metric 03b", "a first"]
        found = [each["name"] for each in self.pages("/metrics/", "metrics", 2, lambda: inserted and self.define(inserted.pop()))]
        self.assertEqual(found, names[:4] + ["metric 03b"] + names[4:] + ["zz last"], "what lies behind the cursor shows, nothing twice, nothing passed over")
        self.check_refusals("/metrics/", self.get("/metrics/", {"limit": 1})["next_cursor"])

    def test_of_metrics_by_type_and_tags(self):
        chance = random.Random(SEED)
        all_of_them = []
        for number in range(30):
            made = self.define(f"m{number:02}", chance.choice(["gauge", "counter", "histogram"]), tags={name: chance.choice("xy") for name in ("team", "site") if chance.random() < 0.7})
            all_of_them.append(made)
        for kind in (None, "gauge", "counter"):
            for tags in ({}, {"team": "x"}, {"team": "x", "site": "y"}):
                wanted = [each["name"] for each in all_of_them
                          if (kind is None or each["metric_type"] == kind) and all(each["tags"].get(name) == value for name, value in tags.items())]
                query = {**({"metric_type": kind} if kind else {}), **({"tags": ",".join(f"{name}:{value}" for name, value in tags.items())} if tags else {})}
                self.assertEqual([each["name"] for each in self.pages("/metrics/", "metrics", 3, **query)], wanted, query)
                page = self.get("/metrics/", {**query, "limit": 2, "offset": 1})
                self.assertEqual(([each["name"] for each in page["metrics"]], page["total"]), (wanted[1:3], len(wanted)))
        for query, name in (({"metric_type": "colour"}, "metric_type"), ({"tags": "team"}, "tags"), ({"tags": ":x"}, "tags")):
            self.assertEqual([each["loc"] for each in self.get("/metrics/", query, wanted=422)["detail"]], [["query", name]])

    def test_of_api_keys(self):
        made = [self.ask("/admin/api-keys", {"label": f"key {number}", "scopes": ["read", "ingest"]}) for number in range(6)]
        wanted = sorted(each["key_id"] for each in made)
        self.check_plain_pages("/admin/api-keys", "api_keys", lambda each: each["key_id"], wanted)
        shown = {each["key_id"]: each for each in self.get("/admin/api-keys")["api_keys"]}
        for each in made:
            self.assertEqual(shown[each["key_id"]], {name: value for name, value in each.items() if name != "api_key"}, "all but the secret")
        revoked = []

        def revoke():
            status, answer, _ = self.node.call("DELETE", "/admin/api-keys/" + wanted[2 * len(revoked)])
            self.assertEqual((status, answer), (200, {"key_id": wanted[2 * len(revoked)], "status": "revoked"}))
            revoked.append(wanted[2 * len(revoked)])
        self.assertEqual([each["key_id"] for each in self.pages("/admin/api-keys", "api_keys", 2, revoke)], wanted, "the page before lost a key: nothing is passed over")
        self.assertEqual([each["key_id"] for each in self.get("/admin/api-keys")["api_keys"]], [each for each in wanted if each not in revoked])
        self.assertEqual(self.node.call("DELETE", "/admin/api-keys/" + revoked[0])[0], 404)
        self.check_refusals("/admin/api-keys", self.get("/admin/api-keys", {"limit": 1})["next_cursor"])

    def test_of_event_schemas(self):
        kinds = [("click", "b", "1.0"), ("click", "a", "2.0"), ("click", "a", "1.0"), ("view", "ü", "1.0"), ("a", "z", "x")]
        for event_type, event_name, version in kinds:
            self.ask("/events/schema", {"event_type": event_type, "event_name": event_name, "version": version, "mode": "flag", "schema_definition": {"required": ["x"], "optional": []}})
        self.check_plain_pages("/events/schemas", "schemas", lambda each: (each["event_type"], each["event_name"], each["version"]), sorted(kinds))
        first = self.get("/events/schemas")["schemas"][0]
        self.assertEqual((first["schema_definition"], first["mode"], first["schema_id"][:2]), ({"required": ["x"], "optional": []}, "flag", "s_"))
        self.assertEqual(self.node.call("GET", "/events/schemas", None, {"X-Tenant-ID": "other"})[1]["schemas"], [])
        self.check_refusals("/events/schemas", self.get("/events/schemas", {"limit": 1})["next_cursor"])

    def test_of_actors(self):
        for tenant in ("one", "two"):
            self.ask("/events/track", {"event_type": "a", "event_name": "b"}, tenant)
        whole = self.get("/admin/actors")
        self.assertEqual(whole["total"], whole["count"])
        paths = [each["path"] for each in whole["actors"]]
        self.assertEqual(paths, sorted(paths))
        self.assertEqual([each["path"] for each in self.pages("/admin/actors", "actors", 2)], paths)
        self.assertEqual({each["kind"] for each in self.get("/admin/actors", {"tenant": "one"})["actors"]}, {"tenant", "events"})
        self.check_refusals("/admin/actors", self.get("/admin/actors", {"limit": 1})["next_cursor"])

    def test_of_values_stay_true_while_values_come_in(self):
        self.define("load")
        start = datetime.datetime(2026, 1, 1, tzinfo=UTC)

        def send(numbers):
            self.ask("/metrics/values", {"values": [{"metric_id": "load", "value": number, "value_id": f"v{number}", "timestamp": write_time(start + datetime.timedelta(minutes=number // 3))}
                                                    for number in numbers]})
        send(range(20))
        found, cursor, more = [], None, 100
        while True:
            page = self.ask("/metrics/values/query", {"metric_id": "load", "limit": 3, **({"cursor": cursor} if cursor else {})})
            self.assertEqual((page["count"], page["limit"]), (len(page["values"]), 3))
            self.assertEqual(page["total"], 20 + more - 100, "of the whole, wherever the page lies")
            found += [each["id"] for each in page["values"]]
            cursor = page["next_cursor"]
            if not cursor:
                break
            send(range(more, more + 2))  # newer than all before
            more += 2
        self.assertEqual(found, [f"v{number}" for number in reversed(range(20))])
        whole = self.ask("/metrics/values/query", {"metric_id": "load"})
        self.assertEqual((whole["total"], whole["next_cursor"]), (20 + more - 100, None))
        for wrong, name in (({"cursor": "x"}, "cursor"), ({"cursor": "e1.1"}, "cursor"), ({"cursor": "v1.1", "offset": 1}, "offset")):
            answer = self.ask("/metrics/values/query", {"metric_id": "load", **wrong}, wanted=422)
            self.assertEqual([each["loc"] for each in answer["detail"]], [["body", name]])


class Names(ListTest):
    def test_of_metrics_work_wherever_ids_do_whatever_they_hold(self):
        for name in HARD_NAMES:
            made = self.define(name)
            path = "/metrics/" + urllib.parse.quote(name, safe="")
            for each in (path, "/api/v1" + path, path + "/", "/metrics/" + made["metric_id"]):
                self.assertEqual(self.get(each), made, (name, each))
            self.assertEqual(self.ask("/metrics/values", {"metric_id": name, "value": 7})["metric_id"], name)
            self.assertEqual([each["value"] for each in self.ask("/metrics/values/query", {"metric_id": name})["values"]], [7])
        self.assertEqual([each["name"] for each in self.pages("/metrics/", "metrics", 5)], sorted(HARD_NAMES, key=str.encode))
        self.assertEqual(self.node.call("GET", "/metrics/a/b")[0], 404, "a slash that is not encoded divides the path")
        self.assertEqual(self.node.call("GET", "/metrics/%ff")[0], 400)

    def run_command(self, *arguments):
        ended = subprocess.run([BINARY, arguments[0], "--url", f"http://127.0.0.1:{self.node.port}", "--json", *arguments[1:]], capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, 0, (arguments, ended.stdout, ended.stderr))
        return json.loads(ended.stdout)

    def test_work_on_the_command_line_and_in_imports(self):
        file = os.path.join(self.folder, "rows.csv")
        with open(file, "w") as out:
            out.write("n\n1\n2\n")
        for name in HARD_NAMES:
            self.assertEqual(self.run_command("create-metric", "--", name, "shown")["name"], name)
            self.assertEqual(self.run_command("record-metric", "--", name, "3")["status"], "recorded")
            if "=" in name:
                continue  # the first one divides name and template
            template = name.replace("{", "{{").replace("}", "}}")
            done = self.run_command("import", file, "--as", "values", "--metric", template + "={n}", "--restart")
            self.assertEqual((done["accepted"], done["rejected"]), (2, 0), name)
            self.assertEqual(sorted(each["value"] for each in self.ask("/metrics/values/query", {"metric_id": name})["values"]), [1, 2, 3])


unittest.main(verbosity=2)
