"""Privacy over HTTP: everything of one user or customer is removed and exported, events past their days go, the audit log has it; kills in the middle, two tenants, bad input.

Use: privacy_test.py BINARY
"""

import datetime
import hashlib
import json
import os
import random
import sys
import time
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from node_process import Postgres  # noqa: E402
from node_test_case import SEED, WHOLE, NodeTest, write_time  # noqa: E402
from stored_events import SEGMENT_ROWS, batches, send  # noqa: E402

EVENTS = SEGMENT_ROWS + 9_000


def event(user, kind="page_view", at="2026-01-01T08:00:00Z", **more):
    return {"event_type": kind, "event_name": kind, "user_id": user, "timestamp": at, **more}


class PrivacyTest(NodeTest):
    def call(self, method, path, body=None, wanted=200, tenant="default"):
        status, answer, _ = self.node.call(method, path, body, {"X-Tenant-ID": tenant})
        self.assertEqual(status, wanted, (method, path, answer))
        return answer

    def track(self, events, tenant="default"):
        answer = self.call("POST", "/events/track/batch", {"events": events}, tenant=tenant)
        self.assertEqual(answer["success_count"], len(events), answer)

    def delete(self, id, tenant="default", **more):
        return self.call("POST", "/privacy/deletions", {"id": id, **more}, tenant=tenant)["deletion_id"]

    def state(self, number, tenant="default"):
        return self.call("GET", f"/privacy/deletions/{number}", tenant=tenant)

    def wait_until_done(self, *numbers, tenant="default", within=60):
        until = time.monotonic() + within
        while any(self.state(number, tenant)["state"] != "done" for number in numbers):
            self.assertLess(time.monotonic(), until, self.call("GET", "/privacy/deletions", tenant=tenant))
            time.sleep(0.05)

    def total(self, tenant="default", **which):
        return self.call("POST", "/events/query", {**which, "limit": 1}, tenant=tenant)["total"]

    def export(self, path, tenant="default"):
        lines = [json.loads(line) for line in self.call("GET", path, tenant=tenant).splitlines()]
        return lines[0]["profile"], lines[1:]

    def audit(self, tenant="default"):
        return [(each["act"], each["subject"], each["details"]) for each in self.call("GET", f"/admin/audit?tenant={tenant}")["entries"]][::-1]


class Deletions(PrivacyTest):
    environment = {"LOG_LEVEL": "info"}

    def test_take_events_profile_and_merged_ids_and_leave_proof(self):
        self.track([event("ann", event_id="ann-1", properties={"mail": "ann@example.net"}), event("anonymous-1"), event("bob"), event("bob", customer_id="c-1")])
        self.track([event("ann"), event("bob")], tenant="other")
        self.call("POST", "/profiles/identify", {"profiles": [{"id": "ann", "set": {"name": "Ann"}}, {"id": "bob", "set": {"name": "Bob"}}, {"kind": "customer", "id": "c-1", "set": {"region": "north"}}]})
        self.call("POST", "/profiles/merge", {"merges": [{"from": "anonymous-1", "into": "ann"}]})
        number = self.delete("anonymous-1")
        self.wait_until_done(number)
        for restart in (False, True):
            if restart:
                self.node.kill()
                self.node.start()
            self.call("GET", "/profiles/users/ann", wanted=404)
            self.call("GET", "/profiles/users/anonymous-1", wanted=404)
            self.assertEqual((self.total(), self.total(user_id="ann"), self.total(user_id="bob")), (2, 0, 2))
            self.assertEqual(self.total(filters={"user.name": "Ann"}), 0)
            self.assertEqual(self.total(filters={"mail": "ann@example.net"}), 0)
            values = self.call("POST", "/events/catalogue/values", {"field": "user_id"})["values"]
            self.assertEqual([each["value"] for each in values], ["bob"])
            self.assertEqual(self.call("GET", "/profiles/users/bob")["attributes"], {"name": "Bob"})
            self.assertEqual(self.call("GET", "/events/stats")["user_count"], 1)
            self.assertEqual(self.total("other"), 2, "another tenant's user of that name stays")
            told = self.state(number)
            self.assertEqual((told["kind"], told["state"], told["removed_events"], told["id_sha256"]), ("user", "done", 2, hashlib.sha256(b"anonymous-1").hexdigest()))
            entries = self.audit()
            self.assertEqual([(act, subject) for act, subject, _ in entries], [(act, "sha256:" + told["id_sha256"]) for act in ("removal_requested", "removal_done")])
            self.assertIn("2 events removed", entries[1][2])
            self.assertEqual(self.audit("other"), [])
        again = self.delete("c-1", kind="customer")
        self.wait_until_done(again)
        self.assertEqual((self.total(), self.total(user_id="bob")), (1, 1))
        self.call("GET", "/profiles/customers/c-1", wanted=404)
        self.track([event("ann", event_id="ann-1", properties={"mail": "ann@example.net"})])
        self.assertEqual((self.total(user_id="ann"), self.call("GET", "/profiles/users/ann")["attributes"]), (1, {}), "who comes back is new")
        nobody = self.delete("nobody was ever called so")
        self.wait_until_done(nobody)
        self.assertEqual(self.state(nobody)["removed_events"], 0)
        self.assertEqual([each["deletion_id"] for each in self.call("GET", "/privacy/deletions")["deletions"]], [nobody, again, number])

    def test_refuse_what_they_cannot_do(self):
        for body, field in (({}, "id"), ({"id": ""}, "id"), ({"id": "x" * 257}, "id"), ({"id": 7}, "id"), ({"id": "a", "kind": "group"}, "kind"), ({"id": "a", "more": 1}, "more")):
            answer = self.call("POST", "/privacy/deletions", body, wanted=422)
            self.assertIn(field, json.dumps(answer), body)
        self.call("GET", "/privacy/deletions/x", wanted=422)
        self.call("GET", "/privacy/deletions/-1", wanted=422)
        self.call("GET", "/privacy/deletions/1", wanted=404)
        self.call("GET", "/privacy/users/nobody/export", wanted=404)
        self.assertEqual(self.call("GET", "/privacy/deletions"), {"deletions": [], "problem": None})

    def test_go_on_after_kills_whenever_they_come(self):
        """Two segments of events; users are removed, the node is killed again and again. In the end the others' events are there to the last one."""
        print("seed", SEED, flush=True)
        chance = random.Random(SEED)
        send(self.node, EVENTS, SEED)
        by_user = {}
        for each in batches(EVENTS, SEED):
            for line in each.splitlines():
                sent = json.loads(line)
                by_user.setdefault(sent["user_id"], []).append((sent["timestamp"], sent["event_name"], sent["properties"]["price"]))
        gone = chance.sample(sorted(by_user), 6)
        numbers = []
        for user in gone:
            numbers.append(self.delete(user))
            time.sleep(chance.uniform(0, 0.8))
            self.node.kill()
            self.node.start()
        self.wait_until_done(*numbers)
        for user, number in zip(gone, numbers):
            self.assertEqual(self.state(number)["removed_events"], len(by_user.pop(user)), user)
        left = sum(len(each) for each in by_user.values())
        for restart in (False, True):
            if restart:
                self.assertEqual(self.node.stop(), 0)
                self.node.start()
            self.assertEqual(self.total(), left)
            rows = self.call("POST", "/events/aggregate", {"granularity": "all", "dimensions": ["user_id"], **WHOLE})["aggregates"]
            self.assertEqual({row["dimensions"]["user_id"]: row["event_count"] for row in rows}, {user: len(each) for user, each in by_user.items()})
            exported = self.node.call("POST", "/events/export", {})[1].splitlines()
            found = {}
            for line in exported:
                one = json.loads(line)
                found.setdefault(one["user_id"], []).append((one["timestamp"].replace(".000Z", "Z"), one["event_name"], one["properties"]["price"]))
            self.assertEqual(found, by_user)
            stats = self.call("GET", "/events/stats")
            self.assertEqual((stats["event_count"], stats["user_count"], stats["storage"]["missing_parts"]), (left, len(by_user), 0))
        acts = [act for act, _, _ in self.audit()]
        self.assertEqual(sorted(acts), ["removal_done"] * len(gone) + ["removal_requested"] * len(gone), "each once, however often the node was killed")
        first = json.loads(next(batches(8, SEED)).splitlines()[0])
        status, answer, _ = self.node.call("POST", "/events/track/batch", next(batches(8, SEED)), {"Content-Type": "application/x-ndjson"})
        self.assertEqual((status, answer["success_count"], answer["duplicates"]), (200, 8, int(first["user_id"] not in gone)), "ids that are left are known, those that went are not")


class DeletionsOnPostgres(Deletions):
    def setUp(self):
        self.postgres = Postgres()
        self.database = self.postgres.url()
        super().setUp()

    def tearDown(self):
        super().tearDown()
        self.postgres.close()


class Exports(PrivacyTest):
    def test_have_the_profile_and_every_event_under_any_id(self):
        self.track([event("ann", properties={"n": n}, at=f"2026-01-01T08:00:{n:02}Z") for n in range(5)] + [event("anonymous / 1"), event("bob", customer_id="c-1")])
        self.call("POST", "/profiles/identify", {"profiles": [{"id": "ann", "set": {"name": "Ann"}}]})
        self.call("POST", "/profiles/merge", {"merges": [{"from": "anonymous / 1", "into": "ann"}]})
        for user in ("ann", "anonymous / 1"):
            profile, events = self.export(f"/privacy/users/{urllib.parse.quote(user, safe='')}/export")
            self.assertEqual((profile["id"], profile["other_ids"], profile["attributes"]), ("ann", ["anonymous / 1"], {"name": "Ann"}))
            self.assertEqual([each["user_id"] for each in events], ["ann"] * 5 + ["anonymous / 1"])
            self.assertEqual([each["properties"] for each in events[:5]], [{"n": n} for n in range(5)])
        profile, events = self.export("/privacy/customers/c-1/export")
        self.assertEqual((profile["id"], profile["attributes"], len(events)), ("c-1", {}, 1))
        self.call("GET", "/privacy/users/ann/export", wanted=404, tenant="other")


class Retention(PrivacyTest):
    def test_of_days_by_type_removes_what_is_older_and_goes_on_after_a_kill(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        sent = [(kind, days) for kind in ("flow", "payment", "login") for days in (0, 1, 29, 32, 300, 400)]
        self.track([event("ann", kind, write_time(now - datetime.timedelta(days=days))) for kind, days in sent])
        self.track([event("ann", "flow", write_time(now - datetime.timedelta(days=400)))], tenant="other")
        self.assertEqual(self.call("GET", "/privacy/retention"), {"days": None, "rules": []})
        rules = {"days": 365, "rules": [{"event_type": "flow", "days": 30}, {"event_type": "payment", "days": None}]}
        self.assertEqual(self.call("PUT", "/privacy/retention", rules), rules)
        kept = {"flow": 30, "payment": 10_000, "login": 365}
        left = [(kind, days) for kind, days in sent if days < kept[kind]]
        until = time.monotonic() + 30
        while self.total() != len(left) and time.monotonic() < until:
            time.sleep(0.05)
        for restart in (False, True):
            if restart:
                self.node.kill()
                self.node.start()
            self.assertEqual(self.call("GET", "/privacy/retention"), rules)
            for kind in kept:
                self.assertEqual(self.total(event_type=kind), sum(1 for each, _ in left if each == kind), kind)
            self.assertEqual(self.total("other"), 1)
        until = time.monotonic() + 30
        while (told := self.call("GET", "/privacy/deletions")["deletions"])[0]["state"] != "done" and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual([(each["kind"], each["state"], each["removed_events"], each["id_sha256"]) for each in told], [("expired", "done", len(sent) - len(left), None)])
        self.assertEqual([act for act, _, _ in self.audit()], ["removal_requested", "removal_done"])

    def test_refuses_rules_that_are_none(self):
        for body, field in (({"days": 0}, "days"), ({"days": 36_501}, "days"), ({"days": "x"}, "days"), ({"rules": [{"days": 1}]}, "event_type"), ({"rules": [{"event_type": "", "days": 1}]}, "event_type"),
                            ({"rules": [{"event_type": "a", "days": 1}, {"event_type": "a", "days": 2}]}, "rules.1.event_type"), ({"rules": [{"event_type": f"t{n}", "days": 1} for n in range(1_001)]}, "rules"),
                            ({"more": 1}, "more")):
            answer = json.dumps(self.call("PUT", "/privacy/retention", body, wanted=422))
            for part in field.split("."):
                self.assertIn(part, answer, body)
        self.assertEqual(self.call("GET", "/privacy/retention"), {"days": None, "rules": []})


if __name__ == "__main__":
    unittest.main(verbosity=2)
