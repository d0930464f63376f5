"""/openapi.json tells the truth: its structure is checked by an independent tool, and the real answers of every route against its schemas.

Use: description_test.py BINARY PUT_DEAD_LETTER
"""

import html.parser
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from node_test_case import WHOLE, NodeTest  # noqa: E402

PUT_DEAD_LETTER = sys.argv.pop(1)
CHECKER = os.path.join(HERE, "..", "api_description")
# What others need is made first, and what takes things away comes last.
FIRST = ["track_event", "track_events", "create_event_schema", "create_metric", "record_values", "create_tenant", "create_api_key", "identify_profiles", "merge_profiles", "create_dashboard"]
LAST = ["revoke_api_key", "delete_subject", "list_deletions", "show_deletion", "remove_widget", "restore_dashboard", "remove_dashboard"]
# Nothing that a node alone can do; tests/cluster holds their answers against the description.
OF_CLUSTERS = ["schedule_node", "place_shard", "rebalance_cluster"]
MONTH = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-02-01T00:00:00Z"}


def install_checker():
    """What the lock file names, once."""
    lock, installed = (os.path.join(CHECKER, name) for name in ("package-lock.json", "node_modules/.package-lock.json"))
    if not os.path.exists(installed) or os.path.getmtime(installed) < os.path.getmtime(lock):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=CHECKER, check=True)


class Links(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.loaded, self.open = set(), [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.add(given.get("id"))
        if tag == "a":
            self.links.append(given["href"])
        elif "src" in given or "href" in given:
            self.loaded.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class Description(NodeTest):
    def setUp(self):
        super().setUp()
        self.document = self.node.call("GET", "/openapi.json")[1]
        self.samples = []

    def put_dead_letter(self):
        return subprocess.run([PUT_DEAD_LETTER, f"sqlite:///{self.folder}/dotmac.db", "default/events/0", "letter"], check=True, capture_output=True, text=True).stdout.strip()

    def path_of_tenant(self):
        """Of one that has a snapshot, too: the node was stopped since."""
        path = next(each["path"] for each in self.node.call("GET", "/admin/actors?kind=tenant&tenant=default")[1]["actors"])
        self.node.stop()
        self.node.start()
        self.node.call("GET", "/events/stats")
        return path

    def operations(self):
        """(path, method, operation), in an order in which a new node can be asked."""
        all_of_them = [(path, method, operation) for path, methods in self.document["paths"].items() for method, operation in methods.items()]

        def place(each):
            name = each[2]["operationId"]
            return FIRST.index(name) if name in FIRST else 200 + LAST.index(name) if name in LAST else 100
        return sorted(all_of_them, key=place)

    def sample(self, method, path, body=None, query="", real_path=None, wanted=200, headers=None):
        status, answer, sent = self.node.call(method.upper(), (real_path or path) + query, body, headers or {})
        self.assertEqual(status, wanted, (method, path, answer))
        self.samples.append({"path": path, "method": method.lower(), "request": body if not isinstance(body, bytes) else None, "status": status,
                             "type": sent["Content-Type"], "body": answer.decode() if isinstance(answer, bytes) else answer})
        return answer

    def sample_of_stream(self, path, query):
        """It has no end of its own: the first event is enough."""
        connection = self.node.connect()
        connection.request("GET", path + query + "&last_event_id=0")
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        text = ""
        while "\ndata: " not in text:
            text += answer.readline().decode()
        self.samples.append({"path": path, "method": "get", "request": None, "status": answer.status, "type": answer.getheader("Content-Type"), "body": text})
        answer.close()
        connection.close()

    def run_examples(self):
        made = {}
        for path, method, operation in self.operations():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            real_path = path.replace("{key_id}", made.get("create_api_key", {}).get("key_id", "")).replace("{metric_id}", "latency").replace("{user_id}", "ann").replace("{customer_id}", "c-1")
            real_path = real_path.replace("{tenant_id}", "default").replace("{dashboard_id}", "latency").replace("{widget_id}", "latency")
            if "{letter_id}" in path:
                real_path = real_path.replace("{letter_id}", self.put_dead_letter())
            if operation["operationId"] in ("show_actor_details", "show_actor_snapshot"):
                operation = {**operation, "x-example-query": "?path=" + urllib.parse.quote(self.path_of_tenant(), safe="")}
            real_path = real_path.replace("{deletion_id}", str(made.get("delete_subject", {}).get("deletion_id", "")))
            if operation["operationId"] in OF_CLUSTERS:
                self.sample(method, path, body, "", real_path.replace("{node_id}", "node").replace("{shard}", "17"), wanted=409)
                continue
            if operation["operationId"] == "act_on_actor":
                body = {**body, "path": next(each["path"] for each in self.node.call("GET", "/admin/actors?kind=tenant")[1]["actors"])}
            if operation["operationId"] == "begin_session":
                body = {"api_key": self.node.call("POST", "/admin/api-keys", {"label": "pages", "scopes": ["read"]})[1]["api_key"]}
            if operation["operationId"] == "stream_events":
                self.sample_of_stream(path, operation["x-example-query"])
                continue
            answer = self.sample(method, path, body, operation.get("x-example-query", ""), real_path)
            made[operation["operationId"]] = answer
            for content in operation["responses"]["200"]["content"].values():
                if isinstance(answer, dict) and "example" in content:
                    self.assertEqual(set(content["example"]), set(answer), (method, path))
            if operation["operationId"] not in ("show_openapi", "show_documentation"):
                self.assertTrue(all("example" in content for content in operation["responses"]["200"]["content"].values()), (method, path))

    def run_other_cases(self):
        """Parts of answers that the examples do not show, and refusals."""
        event = {"event_type": "a", "event_name": "b", "event_id": "same"}
        for more in ({}, {}, {"user_id": "other"}):
            self.sample("post", "/events/track", {**event, **more})
        self.sample("post", "/events/track/batch", {"events": [event, {**event, "user_id": "x"}, {**event, "event_id": "new", "context": {"n": [1, {"m": None}]}}]})
        self.sample("post", "/events/track/batch", [event])
        self.sample("post", "/events/track", {**event, "event_id": None, "user_id": None, "properties": None, "timestamp": None})
        for filters in ({"plan": "fiber"}, {"plan": ["a", None, 1, True]}, {"price": {"gte": 1, "lt": 100, "in": [1, 49.9]}}, [{"field": "plan", "operator": "ne", "value": "x"}],
                        {"or": [{"plan": "fiber"}, {"and": [{"not": {"plan": {"is_null": True}}}]}]}, {}):
            self.sample("post", "/events/query", {"filters": filters})
        self.sample("post", "/events/query", {"limit": 1})
        self.sample("post", "/events/aggregate", {"granularity": "all", "fill": "zero", **WHOLE})
        self.sample("post", "/events/funnel", {"funnel_steps": ["a", "a", {"event_name": "b", "filters": {"x": 1}}], "dimensions": ["plan"], "users_limit": 5, "order": "any",
                                               "exclusions": ["gone"], "conversion_window": 60.5, **WHOLE})
        self.sample("post", "/events/funnel", {"funnel_steps": ["page_view", "conversion"], "dimensions": ["plan"], "histogram_bins": 3, "granularity": "month", "count": "attempts",
                                               "attribution": "last", "hold_constant": ["user_id"], **MONTH})
        self.sample("post", "/events/funnel/users", {"funnel_steps": ["page_view"], "dimensions": ["plan"], "limit": 1, **WHOLE})
        self.sample("post", "/events/retention", {"start_event": "a", "return_event": {}, "cohort": "recurring", "dimensions": ["plan", "price"], **MONTH})
        self.sample("post", "/events/stickiness", {"event": {}, "granularity": "week", "dimensions": ["plan"], **MONTH})
        self.sample("post", "/events/catalogue", {})
        self.sample("post", "/events/catalogue", {"lists": ["fields"], "limit": 1, "offset": 1})
        for name in ("plan", "price", "timestamp", "context.n", "event_id", "never"):
            self.sample("post", "/events/catalogue/values", {"field": name})
        self.sample("post", "/events/users", {"event": {"event_type": None}, "limit": 1, "max_count": 9, **WHOLE})
        many = {"values": [{"metric_id": "latency", "value": 1, "context": {"a": 1}}, {"metric_id": "latency", "value": 12.5, "value_id": "ping-1"}, {"metric_id": "no", "value": 1},
                           {"metric_id": "latency", "value": 2, "value_id": "ping-1"}]}
        self.sample("post", "/metrics/values", many)
        for method in ("stddev", "p99.9", "last"):
            self.sample("post", "/metrics/aggregate", {"metric_id": "latency", "aggregation_method": method, "granularity": "day", "fill": "zero", "start_time": "2026-01-01T00:00:00Z",
                                                       "end_time": "2026-01-08T00:00:00Z"})
        self.sample("get", "/admin/actors", query="?limit=2")
        self.sample("get", "/metrics/{metric_id}", real_path="/metrics/nothing", wanted=404)
        self.sample("post", "/metrics/", self.document["paths"]["/metrics/"]["post"]["requestBody"]["content"]["application/json"]["example"], wanted=409)
        self.sample("post", "/events/query", {"limit": 0, "colour": {"deep": ["red"]}}, wanted=422)
        self.sample("post", "/events/track", {"event_type": "a"}, wanted=422)
        self.sample("post", "/events/track", b"{", wanted=400)
        self.sample("get", "/metrics/", query="?limit=x&colour=red", wanted=422)
        self.sample("post", "/session", {"api_key": "nonsense"}, wanted=401)
        self.sample("post", "/session", {"key": "nonsense"}, wanted=422)
        self.sample("post", "/session", {"api_key": "nonsense"}, wanted=403, headers={"Origin": "https://evil.example"})
        self.sample("get", "/events/stats", wanted=401, headers={"X-API-Key": "nonsense"})

    def test_is_valid_and_every_real_answer_fits_it(self):
        install_checker()
        self.run_examples()
        self.run_other_cases()
        self.assertEqual({(each["path"], each["method"]) for each in self.samples if each["status"] == 200}, {(path, method) for path, method, operation in self.operations() if operation["operationId"] not in OF_CLUSTERS})
        file = os.path.join(self.folder, "samples.json")
        with open(file, "w") as out:
            json.dump({"document": self.document, "samples": self.samples}, out)
        checked = subprocess.run(["node", os.path.join(CHECKER, "validate.mjs"), file], capture_output=True, text=True, timeout=120)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        # The checker checks: an answer with a field more, a field less, and one of another type are told.
        for spoil in (lambda body: body.update(extra=1), lambda body: body.pop("event_id"), lambda body: body.update(event_id=7)):
            spoiled = json.loads(json.dumps(self.samples[0]))
            spoil(spoiled["body"])
            with open(file, "w") as out:
                json.dump({"document": self.document, "samples": [spoiled]}, out)
            self.assertEqual(subprocess.run(["node", os.path.join(CHECKER, "validate.mjs"), file], capture_output=True, timeout=120).returncode, 1)

    def test_tells_what_a_client_needs_to_know(self):
        paths = self.document["paths"]
        self.assertIn("application/x-ndjson", paths["/events/track/batch"]["post"]["requestBody"]["content"])
        query = {each["name"]: each["schema"] for each in paths["/metrics/"]["get"]["parameters"] if each.get("in") == "query"}
        self.assertEqual(set(query), {"metric_type", "tags", "limit", "offset", "cursor"})
        self.assertEqual((query["limit"]["minimum"], query["limit"]["maximum"], query["limit"]["default"]), (1, 1000, 100))
        event = paths["/events/track"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        self.assertEqual((event["event_type"]["minLength"], event["event_name"]["minLength"]), (1, 1))
        for path, methods in paths.items():
            for method, operation in methods.items():
                if operation["security"]:
                    self.assertTrue({"401", "403", "429", "503"} <= set(operation["responses"]), (method, path))
                    self.assertIn({"$ref": "#/components/parameters/X-Tenant-ID"}, operation["parameters"])
        self.assertIn("Retry-After", self.document["components"]["responses"]["503"]["headers"])

    def test_is_a_page_that_shows_every_route_and_loads_nothing(self):
        page = self.node.call("GET", "/docs")[1].decode()
        seen = Links(page)
        self.assertEqual((seen.loaded, seen.open), ([], []))
        for link in seen.links:
            self.assertTrue(link == "/openapi.json" or link[1:] in seen.ids, link)
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                section = page[page.index(f'id="{operation["operationId"]}"'):]
                section = section[:section.index("</section>")]
                self.assertIn(f"<code>{method.upper()} {path}</code>", section)
                self.assertIn("curl -s", section)
                for parameter in operation.get("parameters", []):
                    name = parameter["name"] if "name" in parameter else parameter["$ref"].rsplit("/", 1)[1]
                    self.assertIn(f"<code>{name}</code>", section, (method, path))
                if path not in ("/openapi.json", "/docs"):
                    self.assertGreaterEqual(len(re.findall("<pre>", section)), 2, f"{method} {path} shows a call and an answer")


unittest.main(verbosity=2)
