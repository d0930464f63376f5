"""Live streams by WebSocket: the promises of docs/live.md, the handshake, who may, and everything that a client can do wrong.

Use: websocket_test.py BINARY
"""

import json
import os
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402
from websocket_client import BINARY as BINARY_FRAME  # noqa: E402
from websocket_client import CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocket  # noqa: E402

BACKLOG_MAX = 100_000
STREAMS_MAX = 256  # 64 MiB a tenant, 256 KiB a stream
CLIENT_MESSAGE_BYTES_MAX = 4_096


class WebSocketCase(NodeTest):
    environment = {"REQUEST_TIMEOUT": "30"}

    def open(self, query="", tenant="default", headers=None, wanted=101, **options):
        made = WebSocket(self.node.port, "/events/live" + query, {"X-Tenant-ID": tenant, **(headers or {})}, **options)
        self.addCleanup(made.close)
        self.assertEqual(made.status, wanted, made.body)
        return made

    def begin(self, *arguments, **options):
        """Once its first message is here, the stream has its place."""
        made = self.open(*arguments, **options)
        self.assertEqual(list(made.json()), ["id"])
        return made

    def send(self, ids, tenant="default", **more):
        events = [{"event_type": "t", "event_name": "n", "event_id": str(each), "properties": {"n": each}, **more} for each in ids]
        for first in range(0, len(events), 10_000):
            self.assertEqual(self.ask("/events/track/batch", {"events": events[first:first + 10_000]}, tenant)["error_count"], 0)

    def ids(self, reader, count):
        """event_ids of the next events, past heartbeats; each with an id behind the one before."""
        found = []
        while len(found) < count:
            got = reader.json()
            if "event" in got:
                self.assertEqual(got["event"], "event", got)
                found.append(got["data"]["event_id"])
            self.assertGreaterEqual(got["id"], getattr(reader, "last_id", 0))
            reader.last_id = got["id"]
        return found


class StreamTest(WebSocketCase):
    def test_every_event_comes_once_in_order_to_every_reader_of_its_tenant(self):
        self.send(range(5))  # before anybody looks
        readers = [self.begin() for _ in range(3)]
        other = self.begin(tenant="other")
        senders = [threading.Thread(target=self.send, args=(range(1_000 * k, 1_000 * k + 300),)) for k in range(1, 5)]
        for each in senders:
            each.start()
        wanted = {str(n) for k in range(1, 5) for n in range(1_000 * k, 1_000 * k + 300)}
        got = [self.ids(each, len(wanted)) for each in readers]
        for each in senders:
            each.join()
        self.assertEqual(set(got[0]), wanted)
        self.assertEqual(got[0], got[1])
        self.assertEqual(got[0], got[2])
        self.send([7], "other")
        self.assertEqual(self.ids(other, 1), ["7"])

    def test_a_message_is_an_event_as_a_query_shows_it_and_has_the_id_of_the_other_form(self):
        reader = self.begin()
        self.send([1], user_id="änn", context={"os": "linux", "deep": [1, {"k": None}]})
        self.assertEqual(reader.json(), {"id": 1, "event": "event", "data": self.ask("/events/query", {})["events"][0]})
        connection = self.node.connect()
        connection.request("GET", "/events/live?last_event_id=0")
        answer = connection.getresponse()
        while not (line := answer.readline().decode()).startswith("event: "):
            place = line
        self.assertEqual((place, line), ("id: 1\n", "event: event\n"))
        answer.close()
        connection.close()

    def test_events_of_any_size_are_one_message(self):
        reader = self.begin()
        for number, size in enumerate((1, 100, 126, 65_000, 70_000)):
            parts = {f"p{i}": "x" * min(1_000, size - i) for i in range(0, size, 1_000)}
            self.send([number], context=parts)
            self.assertEqual(reader.json()["data"]["context"], parts)

    def test_filters(self):
        query = "?" + urllib.parse.urlencode({"event_type": "t", "user_id": "ann", "filters": json.dumps({"n": {"gte": 10}})})
        reader = self.begin(query)
        self.send(range(0, 20), user_id="ann")
        self.send(range(20, 40), user_id="bob")
        self.send([50], user_id="ann")
        self.assertEqual(self.ids(reader, 11), [str(n) for n in [*range(10, 20), 50]])

    def test_who_comes_back_goes_on_behind_the_last_event_also_after_a_kill(self):
        reader = self.begin()
        self.send(range(10))
        self.assertEqual(self.ids(reader, 4), ["0", "1", "2", "3"])
        self.send(range(10, 15))
        self.node.kill()
        self.assertTrue(reader.is_at_end())
        self.node.start()
        back = self.open(f"?last_event_id={reader.last_id}")
        self.assertEqual(self.ids(back, 11), [str(n) for n in range(4, 15)])
        by_header = self.open(headers={"Last-Event-ID": str(reader.last_id)})
        self.assertEqual(self.ids(by_header, 11), [str(n) for n in range(4, 15)])

    def test_a_reader_that_does_not_read_holds_up_nobody_and_is_told_what_it_missed(self):
        slow, quick = self.begin(receive_buffer=4_096), self.begin()
        count = BACKLOG_MAX + 60_000
        seen = []
        watching = threading.Thread(target=lambda: seen.extend(self.ids(quick, count)))
        watching.start()
        for first in range(0, count, 20_000):
            self.send(range(first, first + 20_000), context={"filler": "x" * 100})
        watching.join()
        self.assertEqual(seen, [str(n) for n in range(count)])
        next_row, missed = 0, 0
        while next_row < count:
            got = slow.json()
            if got.get("event") == "missed":
                self.assertEqual(got["id"], next_row + got["data"]["events"])
                missed += got["data"]["events"]
            elif "event" in got:
                self.assertEqual((got["id"], got["data"]["event_id"]), (next_row + 1, str(next_row)))
            next_row = got["id"]
        self.assertGreater(missed, 0)

    def test_an_idle_stream_has_heartbeats_and_pings_and_one_where_nothing_matches_has_them_too(self):
        idle, filtered = self.begin(tenant="idle"), self.begin("?event_type=none")
        ended = threading.Event()

        def keep_sending():
            number = 0
            while not ended.wait(0.05):
                self.send([number])
                number += 1
        sender = threading.Thread(target=keep_sending)
        sender.start()
        try:
            self.assertEqual(idle.json(), {"id": 0})
            self.assertGreater(filtered.json()["id"], 0)
            self.assertEqual(idle.json(), {"id": 0})
            self.assertEqual(idle.json(), {"id": 0})
        finally:
            ended.set()
            sender.join()
        self.assertTrue(idle.pings)  # after twenty seconds in which nothing came from here

    def test_who_does_not_answer_pings_is_gone(self):
        answering, silent = self.begin(), self.begin()
        silent.answers_pings = False
        got = []
        reading = threading.Thread(target=lambda: got.extend(self.ids(answering, 1)))
        reading.start()
        self.assertTrue(silent.is_at_end())
        self.send([1])  # who answers is still there
        reading.join()
        self.assertEqual(got, ["1"])

    def test_a_stop_ends_streams_and_says_so(self):
        readers = [self.begin() for _ in range(5)]
        self.send([1])
        for each in readers:
            self.assertEqual(self.ids(each, 1), ["1"])
        ends = []

        def wait_for_end(reader):
            ends.append(reader.ending())
            reader.send_close(1001)
            reader.is_at_end()
        waiting = [threading.Thread(target=wait_for_end, args=(each,)) for each in readers[1:]]  # the first one does not answer
        for each in waiting:
            each.start()
        self.assertEqual(self.node.stop(within=60), 0)
        for each in waiting:
            each.join()
        self.assertEqual([code for code, _ in ends], [1001] * 4)
        self.assertEqual(readers[0].ending()[0], 1001)

    def test_streams_count_and_what_they_held_is_given_back(self):
        held = [self.begin() for _ in range(STREAMS_MAX)]
        over = self.open(wanted=429)
        self.assertEqual(over.body["code"], "too_many_requests")
        self.assertIn("retry-after", over.headers)
        self.begin(tenant="other")
        for number, each in enumerate(held):
            if number % 2:
                each.send_close()
                self.assertEqual(each.ending()[0], 1000)
            each.close()
        for _ in range(200):
            again = WebSocket(self.node.port, "/events/live")
            self.addCleanup(again.close)
            if again.status == 101:
                break
            time.sleep(0.2)
        self.assertEqual(again.status, 101)


class ClientTest(WebSocketCase):
    """What comes from the client."""

    def test_pings_are_answered_also_between_events(self):
        reader = self.begin()
        for content in (b"", b"hello", bytes(range(125))):
            reader.send(PING, content)
            self.assertEqual(reader.message(), (PONG, content))
        reader.send(PONG, b"nobody asked")
        self.send([1])
        self.assertEqual(self.ids(reader, 1), ["1"])

    def test_a_close_is_answered_with_its_code_and_the_connection_ends(self):
        for sent, wanted in ((1000, 1000), (1001, 1001), (4_000, 4_000), (1005, 1002), (999, 1002)):
            reader = self.begin()
            reader.send_close(sent)
            self.assertEqual(reader.ending()[0], wanted, sent)
            self.assertTrue(reader.is_at_end())
        without_code = self.begin()
        without_code.send(CLOSE)
        self.assertEqual(without_code.ending(), (1000, ""))
        self.assertTrue(without_code.is_at_end())

    def refused(self, code, act):
        reader = self.begin()
        act(reader)
        self.assertEqual(reader.ending()[0], code)
        if code in (1003, 1008):
            reader.send_close(code)
        self.assertTrue(reader.is_at_end())

    def test_messages_are_refused(self):
        self.refused(1008, lambda reader: reader.send(TEXT, b'{"subscribe":"all"}'))
        self.refused(1003, lambda reader: reader.send(BINARY_FRAME, bytes(10)))
        self.refused(1008, lambda reader: reader.send(TEXT, b"x" * CLIENT_MESSAGE_BYTES_MAX))

        def in_parts(reader):
            reader.send(TEXT, b"one ", last=False)
            reader.send(PING, b"between")
            self.assertEqual(reader.message(), (PONG, b"between"))
            self.send([1])
            self.assertEqual(self.ids(reader, 1), ["1"])
            reader.send(CONTINUATION, b"two ", last=False)
            reader.send(CONTINUATION, b"three")
        self.refused(1008, in_parts)

    def test_a_message_over_the_limit_is_refused_before_it_has_come(self):
        self.refused(1009, lambda reader: reader.send(TEXT, b"", announced=CLIENT_MESSAGE_BYTES_MAX + 1))
        self.refused(1009, lambda reader: reader.send(BINARY_FRAME, b"", announced=1 << 40))

        def in_parts(reader):
            reader.send(TEXT, b"x" * CLIENT_MESSAGE_BYTES_MAX, last=False)
            reader.send(CONTINUATION, b"x")
        self.refused(1009, in_parts)

    def test_breaches_of_the_protocol_end_it(self):
        for act in (lambda reader: reader.send(TEXT, b"no mask", masked=False), lambda reader: reader.send(PING, b"", masked=False), lambda reader: reader.send(TEXT, b"x", reserved=0x40),
                    lambda reader: reader.send(3, b""), lambda reader: reader.send(11, b""), lambda reader: reader.send(CONTINUATION, b"of nothing"),
                    lambda reader: reader.send(PING, b"", last=False), lambda reader: reader.send(PING, bytes(126)), lambda reader: reader.send(CLOSE, b"x")):
            self.refused(1002, act)

        def two_at_once(reader):
            reader.send(TEXT, b"one", last=False)
            reader.send(TEXT, b"two")
        self.refused(1002, two_at_once)
        self.refused(1007, lambda reader: reader.send(TEXT, b"\xff\xfe"))

    def test_hang_ups_and_nonsense_harm_nobody(self):
        watcher = self.begin()
        for act in (lambda reader: None, lambda reader: reader.socket.sendall(b"\x81"), lambda reader: reader.socket.sendall(b"\x00" * 100_000),
                    lambda reader: reader.send(TEXT, b"part", last=False)):
            for _ in range(10):
                gone = self.begin()
                try:
                    act(gone)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it was refused while it still sent
                gone.close()
        self.send([1])
        self.assertEqual(self.ids(watcher, 1), ["1"])


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
