"""How a live stream becomes a WebSocket, and for whom: the handshake, subprotocols, credentials, origins.

Use: websocket_access_test.py BINARY
"""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY  # noqa: E402
from websocket_client import WebSocket  # noqa: E402
from websocket_test_case import WebSocketCase  # noqa: E402


class UpgradeTest(WebSocketCase):
    def test_the_answer_names_the_request_and_no_protocol_that_was_not_offered(self):
        reader = self.open(headers={"X-Request-ID": "mine"})
        self.assertEqual((reader.headers["x-request-id"], reader.headers["upgrade"]), (["mine"], ["websocket"]))
        self.assertNotIn("sec-websocket-protocol", reader.headers)
        self.open(headers={"Connection": "keep-alive, UPGRADE", "Upgrade": "h2c, WebSocket"})
        unknown = self.open(headers={"Sec-WebSocket-Protocol": "chat, superchat", "Sec-WebSocket-Extensions": "permessage-deflate"})
        self.assertNotIn("sec-websocket-protocol", unknown.headers)
        self.assertNotIn("sec-websocket-extensions", unknown.headers)

    def test_what_is_no_whole_upgrade_is_told_so(self):
        for wanted, told, options in (
                (426, "13", {"headers": {"Sec-WebSocket-Version": "8"}}), (426, "13", {"headers": {"Sec-WebSocket-Version": "13, 8"}}), (426, "13", {"without": ["Sec-WebSocket-Version"]}),
                (426, "Upgrade: websocket", {"without": ["Upgrade"]}), (426, "Upgrade: websocket", {"without": ["Upgrade", "Connection"]}), (426, "HTTP/1.1", {"version": "HTTP/1.0"}),
                (400, "Connection: Upgrade", {"without": ["Connection"]}), (400, "Connection: Upgrade", {"headers": {"Connection": "keep-alive"}}),
                (400, "Sec-WebSocket-Key", {"without": ["Sec-WebSocket-Key"]}), (400, "Sec-WebSocket-Key", {"headers": {"Sec-WebSocket-Key": "short"}}),
                (400, "Sec-WebSocket-Key", {"headers": {"Sec-WebSocket-Key": "!" * 22 + "=="}}), (400, "body", {"behind": b"\x81\x80\0\0\0\0"}),
                (400, "body", {"headers": {"Content-Length": "2"}, "behind": b"{}"}), (400, "body", {"headers": {"Transfer-Encoding": "chunked"}})):
            refused = self.open(wanted=wanted, **options)
            self.assertIn(told, refused.body["detail"])
            if wanted == 426:
                self.assertEqual((refused.headers["sec-websocket-version"], refused.headers["upgrade"]), (["13"], ["websocket"]))
                self.assertIn("Upgrade", refused.headers["connection"])
        self.assertEqual(self.open("?last_event_id=x", wanted=422).body["code"], "validation_failed")
        self.open("?unknown=1", wanted=422)
        self.open(tenant="../etc", wanted=422)
        self.open(method="POST", wanted=405)

    def test_everywhere_else_an_upgrade_is_passed_over(self):
        live = WebSocket(self.node.port, "/health/live")
        self.addCleanup(live.close)
        self.assertEqual((live.status, live.body["status"]), (200, "alive"))
        body = json.dumps({"event_type": "t", "event_name": "n"}).encode()
        tracked = WebSocket(self.node.port, "/events/track", {"Content-Length": str(len(body))}, method="POST", behind=body)
        self.addCleanup(tracked.close)
        self.assertEqual(tracked.status, 200, tracked.body)
        for headers in ({"Upgrade": "h2c"}, {"Upgrade": "TLS/1.0"}):
            events = WebSocket(self.node.port, "/events/live", headers, without=["Sec-WebSocket-Key"])
            self.addCleanup(events.close)
            self.assertEqual((events.status, events.headers["content-type"]), (200, ["text/event-stream"]))


class CredentialTest(WebSocketCase):
    environment = {"REQUEST_TIMEOUT": "30", "SECRET_KEY": "0123456789abcdef0123456789abcdef", "CORS_ORIGINS": "https://noc.example"}

    def send(self, ids, tenant="default", **more):
        events = [{"event_type": "t", "event_name": "n", "event_id": str(each)} for each in ids]
        status, answer, _ = self.node.call("POST", "/events/track/batch", {"events": events}, {"Authorization": "Bearer " + self.token(), "X-Tenant-ID": tenant})
        self.assertEqual((status, answer["error_count"]), (200, 0))

    def token(self):
        made = subprocess.run([BINARY, "make-token"], env={**os.environ, **self.environment}, capture_output=True, text=True, check=True)
        return made.stdout.strip()

    def key(self, tenant, *scopes):
        status, answer, _ = self.node.call("POST", "/admin/api-keys", {"label": "page", "scopes": list(scopes)}, {"Authorization": "Bearer " + self.token(), "X-Tenant-ID": tenant})
        self.assertEqual(status, 200, answer)
        return next(value for value in answer.values() if isinstance(value, str) and value.startswith("dma."))

    def by_page(self, *protocols, wanted=101, **headers):
        offered = {"Sec-WebSocket-Protocol": ", ".join(protocols)} if protocols else {}
        made = WebSocket(self.node.port, "/events/live", {**offered, **{name.replace("_", "-"): value for name, value in headers.items()}})
        self.addCleanup(made.close)
        self.assertEqual(made.status, wanted, made.body)
        return made

    def test_a_page_says_by_subprotocols_who_it_is(self):
        key = self.key("acme", "read")
        reader = self.by_page("dotmac.events", "dotmac.credential." + key, Origin="https://noc.example")
        self.assertEqual(reader.headers["sec-websocket-protocol"], ["dotmac.events"])
        self.assertEqual(reader.json(), {"id": 0})
        for tenant in ("acme", "other"):
            self.send([tenant], tenant)
        self.assertEqual(self.ids(reader, 1), ["acme"])
        by_token = self.by_page("dotmac.credential." + self.token(), "dotmac.events", "dotmac.tenant.other")
        self.assertEqual(by_token.json(), {"id": 1})
        self.send(["second"], "other")
        self.assertEqual(self.ids(by_token, 1), ["second"])
        self.by_page(X_API_Key=key)
        self.by_page(Authorization="Bearer " + self.token(), X_Tenant_ID="acme")
        with open(self.folder + "/node.log") as log:
            self.assertNotIn(key, log.read())

    def test_who_may_not_is_refused_before_the_upgrade(self):
        key = self.key("acme", "read")
        self.by_page(wanted=401)
        self.by_page("dotmac.events", wanted=401)
        self.by_page("dotmac.events", "dotmac.credential." + key + "0", wanted=401)
        self.by_page("dotmac.events", "dotmac.credential." + self.key("acme", "ingest"), wanted=403)
        self.by_page("dotmac.events", "dotmac.credential." + key, "dotmac.tenant.other", wanted=403)
        for protocols in (["dotmac.credential." + key], ["dotmac.events", "dotmac.credential."], ["dotmac.events", "dotmac.credential." + key, "dotmac.credential." + key]):
            self.assertEqual(self.by_page(*protocols, wanted=400).body["field"], "sec-websocket-protocol")
        self.by_page("dotmac.events", "dotmac.credential." + key, X_API_Key=key, wanted=400)
        self.by_page("dotmac.events", "dotmac.credential." + key, "dotmac.tenant.acme", X_Tenant_ID="acme", wanted=400)

    def test_a_page_of_another_origin_may_not_open_it(self):
        key = "dotmac.credential." + self.key("acme", "read")
        for origin in ("https://evil.example", "null", f"http://127.0.0.1:{self.node.port}.evil.example", "https://noc.example.evil.example", "http://noc.example"):
            self.assertEqual(self.by_page("dotmac.events", key, Origin=origin, wanted=403).body["field"], "Origin")
        for origin in ("https://noc.example", f"http://127.0.0.1:{self.node.port}"):
            self.by_page("dotmac.events", key, Origin=origin)


class DevelopmentTest(WebSocketCase):
    def test_without_credentials_only_pages_of_this_machine_may_open_it(self):
        port = self.node.port
        self.begin(headers={"Origin": f"http://127.0.0.1:{port}"})
        self.begin(headers={"Origin": f"http://localhost:{port}", "Host": f"localhost:{port}"})
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": f"http://evil.example:{port}", "Host": f"evil.example:{port}"}):
            self.open(headers=headers, wanted=403)
        page = self.open(headers={"Sec-WebSocket-Protocol": "dotmac.events, dotmac.tenant.acme"}, without=["X-Tenant-ID"])
        self.send([1], "acme")
        self.assertEqual(page.json(), {"id": 0})
        self.assertEqual(self.ids(page, 1), ["1"])


if __name__ == "__main__":
    unittest.main()
