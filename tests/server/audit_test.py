"""The audit log through the node: page by page, to its own tenant alone, to administrators alone, over a restart.

Use: audit_test.py BINARY
"""

import json
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from node_test_case import BINARY, Node, NodeTest  # noqa: E402

START = 1767261600250  # 2026-01-01T10:00:00.250Z


class AuditTest(NodeTest):
    def setUp(self):
        super().setUp()
        for tenant in ("acme", "acme-2"):
            self.ask("/events/track", {"event_type": "a", "event_name": "b"}, tenant)

    def get(self, query="", headers=None, wanted=200):
        status, answer, _ = self.node.call("GET", "/admin/audit" + query, None, headers or {})
        self.assertEqual(status, wanted, answer)
        return answer

    def write(self, *entries):
        """Entries (tenant, details), as another part of the node would write them."""
        with sqlite3.connect(os.path.join(self.folder, "dotmac.db"), timeout=30) as store:
            store.executemany("INSERT INTO audit_log(recorded_at, tenant, act, subject, details) VALUES (?, ?, 'removal_requested', 'user änn', ?)",
                              [(START + i, tenant, details) for i, (tenant, details) in enumerate(entries)])
        store.close()

    def details(self, query="", headers=None):
        return [each["details"] for each in self.get(query, headers)["entries"]]

    def pages(self, query, limit):
        found, before = [], ""
        while True:
            page = self.get(f"?limit={limit}{query}{before}")
            self.assertLessEqual(len(page["entries"]), limit)
            found += [each["details"] for each in page["entries"]]
            if page["next_before"] is None:
                return found
            self.assertEqual((len(page["entries"]), page["entries"][-1]["id"]), (limit, page["next_before"]))
            before = f"&before={page['next_before']}"

    def make_key(self, scope, tenant):
        return {"X-API-Key": self.node.call("POST", "/admin/api-keys", {"label": scope, "scopes": [scope]}, {"X-Tenant-ID": tenant})[1]["api_key"]}

    def test_entries_are_told_as_they_were_written(self):
        self.assertEqual(self.get(), {"entries": [], "next_before": None})
        text = json.dumps({"request": "r-1", "why": "\"asked\" by mail\n"})
        self.write(("acme", text), ("acme-2", ""))
        newest, oldest = self.get()["entries"]
        self.assertEqual((newest["tenant"], newest["details"]), ("acme-2", ""))
        self.assertGreater(newest["id"], oldest["id"])
        self.assertEqual(oldest, {"id": oldest["id"], "recorded_at": "2026-01-01T10:00:00.250Z", "tenant": "acme", "act": "removal_requested", "subject": "user änn", "details": text})

    def test_pages_hold_every_entry_once_newest_first(self):
        entries = [("acme" if i % 3 else "acme-2", f"d{i}") for i in range(150)]
        self.write(*entries)
        of_all = [details for _, details in reversed(entries)]
        of_acme = [details for tenant, details in reversed(entries) if tenant == "acme"]
        self.assertEqual(self.details(), of_all[:100], "100 where no limit is given")
        for limit in (7, 50, 100, 150, 1000):  # 50, 100 and 150 end with a page: nothing comes after it
            self.assertEqual(self.pages("", limit), of_all)
            self.assertEqual(self.pages("&tenant=acme", limit), of_acme)
        self.assertEqual(self.get("?before=1"), {"entries": [], "next_before": None})
        self.assertEqual(self.details("?before=9223372036854775807&limit=1"), of_all[:1])
        self.assertEqual(self.details("?tenant=nobody"), [])

    def test_is_for_administrators_each_of_its_own_tenant(self):
        self.write(("acme", "first"), ("acme-2", "second"), ("acme", "third"))
        bound = self.make_key("admin", "acme-2")
        for query in ("", "?tenant=acme", "?tenant=acme-2", "?before=1000"):
            self.assertEqual(self.details(query, bound), ["second"], query)
        for scope in ("read", "write", "ingest"):
            self.get("", self.make_key(scope, "acme"), wanted=403)
        self.assertEqual(self.node.call("POST", "/admin/audit", {}, {})[0], 405)
        self.assertEqual(self.node.call("DELETE", "/admin/audit", None, {})[0], 405)

    def test_wrong_queries_are_refused_by_the_name_of_what_is_wrong(self):
        for query, name in (("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("before=0", "before"), ("before=-1", "before"), ("before=x", "before"),
                            ("before=9223372036854775808", "before"), ("tenant=a%2Fb", "tenant"), ("tenant=", "tenant"), ("colour=red", "colour")):
            self.assertEqual([each["loc"] for each in self.get("?" + query, wanted=422)["detail"]], [["query", name]], query)

    def test_outlives_the_node(self):
        self.write(("acme", "first"))
        self.assertEqual(self.details(), ["first"])
        self.node.kill()
        self.node = Node(BINARY, self.folder, self.database, LOG_LEVEL="warn").start()
        self.assertEqual(self.details(), ["first"])


if __name__ == "__main__":
    unittest.main()
