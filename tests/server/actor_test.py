"""What an administrator sees of the actors: their tree, series of single ones, messages that were put aside.

Use: actor_test.py BINARY PUT_DEAD_LETTER
"""

import glob
import os
import re
import sqlite3
import subprocess
import sys
import urllib.parse
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402

PUT_DEAD_LETTER = sys.argv.pop(1)
SERIES = re.compile(r'^(dotmac_one_actor_\w+)\{kind="(\w+)",tenant="([^"]*)",path="([^"]+)"\} (\S+)$')


class ActorTest(NodeTest):
    def setUp(self):
        super().setUp()
        for tenant in ("acme", "acme-2"):
            for i in range(3):
                self.ask("/events/track", {"event_type": "a", "event_name": "b", "event_id": f"e{i}"}, tenant)
            self.ask("/metrics/", {"name": "load", "display_name": "load", "metric_type": "gauge"}, tenant)
            self.ask("/metrics/values", {"metric_id": "load", "value": 1}, tenant)

    def get(self, path, headers=None, wanted=200):
        status, answer, sent = self.node.call("GET", path, None, headers or {})
        self.assertEqual(status, wanted, answer)
        return answer

    def series(self, query="", headers=None):
        text = self.get("/admin/actors/metrics" + query, headers)
        lines = (text.decode() if isinstance(text, bytes) else text).splitlines()
        found = [SERIES.match(line) for line in lines if not line.startswith("#")]
        self.assertTrue(all(found), lines)
        self.assertEqual(len({each.group(1) for each in found}), sum(line.startswith("# TYPE") for line in lines) if found else 0)
        return {(each.group(1)[len("dotmac_one_actor_"):], each.group(4)): float(each.group(5)) for each in found}

    def test_each_knows_its_parent_and_how_many_children_it_has(self):
        actors = {each["path"]: each for each in self.get("/admin/actors")["actors"]}
        children = {}
        for each in actors.values():
            if each["kind"] == "node":
                self.assertEqual(each["parent"], "")
            else:
                self.assertIn(each["parent"], actors)
                self.assertTrue(each["path"].startswith(each["parent"] + "/"))
                children[each["parent"]] = children.get(each["parent"], 0) + 1
        for path, each in actors.items():
            self.assertEqual(each["children"], children.get(path, 0), path)
            listed = self.get("/admin/actors?parent=" + path)
            self.assertEqual(listed["total"], each["children"])
            self.assertEqual({below["parent"] for below in listed["actors"]} | {path}, {path})
        tenant = next(each for each in actors.values() if each["kind"] == "tenant" and each["tenant"] == "acme")
        self.assertEqual(tenant["children"], 2)
        events = next(each for each in actors.values() if each["kind"] == "events" and each["tenant"] == "acme")
        self.assertEqual((events["journal_position"], events["waiting"], events["waiting_seconds"], events["snapshot_at"]), (3, 0, None, None))

    def test_the_tree_holds_every_actor_of_the_page_once_below_its_parent(self):
        def flatten(actors, parent=None):
            for each in actors:
                below = each.pop("actors", [])
                if parent is not None:
                    self.assertEqual(each["parent"], parent)
                yield each["path"]
                yield from flatten(below, each["path"])
        whole = [each["path"] for each in self.get("/admin/actors")["actors"]]
        tree = self.get("/admin/actors?shape=tree")
        self.assertEqual([each["path"] for each in tree["actors"]], ["node"])
        self.assertEqual(list(sorted(flatten(tree["actors"]))), whole)
        # A part of it: what has no parent on the page stands at the top.
        part = self.get("/admin/actors?shape=tree&tenant=acme")
        self.assertEqual([each["kind"] for each in part["actors"]], ["tenant"])
        self.assertEqual(len(list(flatten(part["actors"]))), 3)
        self.get("/admin/actors?shape=star", wanted=422)

    def test_series_of_single_actors_are_those_of_the_list_and_of_the_busiest_first(self):
        found = self.series()
        actors = {each["path"]: each for each in self.get("/admin/actors")["actors"]}
        self.assertEqual({path for _, path in found}, set(actors))
        for path, each in actors.items():
            self.assertEqual(found["journal_position", path], each["journal_position"])
            self.assertLessEqual(found["messages", path], each["messages"])
        self.assertEqual({path for _, path in self.series("?kind=events")}, {path for path, each in actors.items() if each["kind"] == "events"})
        self.assertEqual({path for _, path in self.series("?tenant=acme&kind=metric")}, {path for path, each in actors.items() if each["kind"] == "metric" and each["tenant"] == "acme"})
        kept = self.series("?limit=2")
        self.assertEqual(len({path for _, path in kept}), 2)
        self.assertGreaterEqual(min(kept["busy_seconds", path] for _, path in kept),
                                max(value for (name, path), value in found.items() if name == "busy_seconds" and ("busy_seconds", path) not in kept))
        self.assertEqual(self.series("?tenant=nobody"), {})
        for query in ("?limit=0", "?limit=10001", "?limit=x", "?colour=red"):
            self.get("/admin/actors/metrics" + query, wanted=422)
        # The page that everybody may read names no tenant.
        open_page = self.get("/metrics")
        self.assertNotIn("acme", open_page.decode() if isinstance(open_page, bytes) else open_page)

    def test_dead_letters_are_told_newest_first_and_to_their_own_tenant_alone(self):
        self.assertEqual(self.get("/admin/dead-letters"), {"dead_letters": [], "count": 0})
        file, = glob.glob(os.path.join(self.folder, "*.db")) or glob.glob(os.path.join(self.folder, "*.sqlite*"))
        with sqlite3.connect(file, timeout=30) as store:
            store.executemany("INSERT INTO dead_letters(entity, recorded_at, message_type, reason, payload) VALUES (?, ?, ?, ?, ?)",
                              [("acme/events/0", 1767261600250, "append_events", "first", b"0123456789"), ("acme-2/metric/m_1", 1767261600251, "record_values", "second", b""),
                               ("acme/events/0", 1767261600252, "append_events", "third", b"x" * 5000)])
        store.close()
        told = self.get("/admin/dead-letters")["dead_letters"]
        self.assertEqual([(each["tenant"], each["reason"], each["payload_bytes"]) for each in told], [("acme", "third", 5000), ("acme-2", "second", 0), ("acme", "first", 10)])
        self.assertEqual({key: told[2][key] for key in ("actor", "recorded_at", "message_type")},
                         {"actor": "acme/events/0", "recorded_at": "2026-01-01T10:00:00.250Z", "message_type": "append_events"})
        self.assertEqual([each["reason"] for each in self.get("/admin/dead-letters?tenant=acme")["dead_letters"]], ["third", "first"])
        self.assertEqual([each["reason"] for each in self.get("/admin/dead-letters?limit=1")["dead_letters"]], ["third"])
        key = self.node.call("POST", "/admin/api-keys", {"label": "admin", "scopes": ["admin"]}, {"X-Tenant-ID": "acme-2"})[1]["api_key"]
        bound = {"X-API-Key": key}
        for query in ("", "?tenant=acme"):
            self.assertEqual([each["reason"] for each in self.get("/admin/dead-letters" + query, bound)["dead_letters"]], ["second"])
        self.assertEqual({re.search("acme(-2)?", path).group() for _, path in self.series("", bound)}, {"acme-2"})
        reader = self.node.call("POST", "/admin/api-keys", {"label": "reader", "scopes": ["read"]}, {"X-Tenant-ID": "acme"})[1]["api_key"]
        for path in ("/admin/dead-letters", "/admin/actors/metrics"):
            self.get(path, {"X-API-Key": reader}, wanted=403)
        for query in ("?limit=0", "?limit=1001", "?tenant=a%2Fb", "?colour=red"):
            self.get("/admin/dead-letters" + query, wanted=422)

    def details(self, path, headers=None, wanted=200):
        return self.get("/admin/actors/details?path=" + urllib.parse.quote(path, safe=""), headers, wanted)

    def path_of(self, kind, tenant="acme"):
        return self.get(f"/admin/actors?kind={kind}&tenant={tenant}")["actors"][0]["path"]

    def test_one_actor_tells_what_it_holds_and_what_went_wrong_with_it(self):
        events = self.details(self.path_of("events"))
        self.assertEqual((events["running"], events["state"]["events"], events["last_failures"], events["snapshots"]), (True, 3, [], []))
        listed = self.get("/admin/actors?kind=events&tenant=acme")["actors"][0]
        self.assertEqual(set(listed) - set(events), set())
        self.assertEqual((events["journal_position"], events["kind"]), (listed["journal_position"], "events"))
        metric = self.details(self.path_of("metric"))
        self.assertEqual(metric["state"], {"metric_type": "gauge", "is_cumulative": "no", "values": 1, "series": 1})
        for _ in range(2):
            self.ask("/metrics/", {"name": "load", "display_name": "load", "metric_type": "gauge"}, "acme", wanted=409)
        tenant = self.details(self.path_of("tenant"))
        self.assertEqual({key: tenant["state"][key] for key in ("timezone", "metrics", "api_keys")}, {"timezone": "UTC", "metrics": 1, "api_keys": 0})
        failed, = tenant["last_failures"]
        self.assertEqual((failed["code"], failed["times"]), ("already_exists", 2))
        self.assertIn("load", failed["message"])
        self.assertEqual(self.details("node")["state"], None)
        for unknown in ("node/shard-1/nobody", "nonsense", "node/shard-1/a b"):
            self.details(unknown, wanted=404)
        self.get("/admin/actors/details", wanted=422)

    def test_a_snapshot_is_read_also_when_its_actor_does_not_run(self):
        path, events = self.path_of("tenant"), self.path_of("events")
        self.node.call("POST", "/admin/api-keys", {"label": "a collector", "scopes": ["ingest"]}, {"X-Tenant-ID": "acme"})
        self.get("/admin/actors/snapshot?path=" + events, wanted=404)
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        before = self.details(path)
        self.assertEqual((before["running"], before["state"], "messages" in before), (False, None, False))
        kept, = before["snapshots"]
        shown = self.get("/admin/actors/snapshot?path=" + path)
        self.assertEqual({key: shown[key] for key in kept}, kept)
        self.assertEqual((shown["entity"], shown["is_damaged"], shown["segments"]), ("acme/tenant/", False, []))
        self.assertIn("a collector", str(shown["content"]))
        hashes = re.findall("'secret_hash': '([^']*)'", str(shown["content"]))
        self.assertEqual(hashes, ["not shown"])
        of_events = self.get(f"/admin/actors/snapshot?path={events}&sequence={self.details(events)['snapshots'][0]['sequence']}")
        self.assertEqual((of_events["content"], sum(each["rows"] for each in of_events["segments"]), of_events["segment_count"]), (None, 3, len(of_events["segments"])))
        self.get(f"/admin/actors/snapshot?path={events}&sequence=99", wanted=404)
        self.get("/admin/actors/snapshot?path=node", wanted=404)
        file, = glob.glob(os.path.join(self.folder, "*.db"))
        with sqlite3.connect(file, timeout=30) as store:
            store.execute("UPDATE snapshots SET payload = CAST(substr(payload, 1, length(payload) - 1) || 'x' AS BLOB) WHERE entity = 'acme/tenant/'")
        store.close()
        damaged = self.get("/admin/actors/snapshot?path=" + path)
        self.assertEqual((damaged["is_damaged"], damaged["content"]), (True, None))

    def put_letter(self, entity, event_id):
        file, = glob.glob(os.path.join(self.folder, "*.db"))
        return int(subprocess.run([PUT_DEAD_LETTER, "sqlite:///" + file, entity, event_id], check=True, capture_output=True, text=True).stdout)

    def act(self, method, path, headers=None, wanted=200):
        status, answer, _ = self.node.call(method, "/admin/dead-letters/" + path, None, headers or {})
        self.assertEqual(status, wanted, answer)
        return answer

    def test_a_dead_letter_is_sent_again_or_thrown_away(self):
        metric = self.details(self.path_of("metric"))["path"].split("/")[-1]
        events, values = self.put_letter("acme/events/0", "from a letter"), self.put_letter(f"acme/metric/{metric}", "v1")
        self.assertEqual(self.act("POST", f"{events}/replay"), {"id": events, "status": "replayed"})
        found = self.ask("/events/query", {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-02T00:00:00Z"}, "acme")["events"]
        self.assertEqual([each["event_id"] for each in found], ["from a letter"])
        self.act("POST", f"{events}/replay", wanted=404)
        self.assertEqual(self.act("POST", f"{values}/replay")["status"], "replayed")
        recorded = self.ask("/metrics/values/query", {"metric_id": "load"}, "acme")["values"]
        self.assertEqual(sorted(each["value"] for each in recorded), [1, 42.5])

        lost = self.put_letter("acme/metric/m_gone", "v2")
        self.act("POST", f"{lost}/replay", wanted=404)
        self.assertEqual([each["id"] for each in self.get("/admin/dead-letters")["dead_letters"]], [lost], "what cannot be sent stays")
        key = self.node.call("POST", "/admin/api-keys", {"label": "admin", "scopes": ["admin"]}, {"X-Tenant-ID": "acme-2"})[1]["api_key"]
        for method, path in (("POST", f"{lost}/replay"), ("DELETE", str(lost))):
            self.act(method, path, {"X-API-Key": key}, wanted=404)
        self.assertEqual(self.act("DELETE", str(lost)), {"id": lost, "status": "discarded"})
        self.act("DELETE", str(lost), wanted=404)
        for wrong in ("x", "-1", "99999999999999999999"):
            self.act("DELETE", wrong, wanted=422)
        acts = [(each["act"], each["subject"]) for each in self.get("/admin/audit?tenant=acme")["entries"]]
        self.assertEqual(acts, [("dead_letter_discarded", f"dead letter {lost}"), ("dead_letter_replayed", f"dead letter {lost}"), ("dead_letter_replayed", f"dead letter {values}"),
                                ("dead_letter_replayed", f"dead letter {events}")])

    def test_a_damaged_letter_and_one_that_nobody_sent_are_not_sent_again_but_can_be_thrown_away(self):
        step = self.put_letter("acme/events/0", "x")
        damaged = self.put_letter("acme/events/0", "y")
        file, = glob.glob(os.path.join(self.folder, "*.db"))
        with sqlite3.connect(file, timeout=30) as store:
            store.execute("UPDATE dead_letters SET message_type = 'removal_change' WHERE id = ?", (step,))
            store.execute("UPDATE dead_letters SET payload = x'00' WHERE id = ?", (damaged,))
        store.close()
        self.assertIn("by itself", self.act("POST", f"{step}/replay", wanted=409)["detail"])
        self.act("POST", f"{damaged}/replay", wanted=500)
        self.assertEqual(self.get("/admin/audit?tenant=acme")["entries"], [], "nothing was done")
        for each in (step, damaged):
            self.act("DELETE", str(each))
        self.assertEqual(self.get("/admin/dead-letters"), {"dead_letters": [], "count": 0})


if __name__ == "__main__":
    unittest.main()
