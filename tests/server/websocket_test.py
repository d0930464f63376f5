"""Live streams by WebSocket: the promises of docs/live.md, and everything that a client can do wrong once one is open.

Use: websocket_test.py BINARY
"""

import json
import os
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from websocket_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocket  # noqa: E402
from websocket_test_case import WebSocketCase  # noqa: E402

BACKLOG_MAX = 100_000
STREAMS_MAX = 256  # 64 MiB a tenant, 256 KiB a stream
CLIENT_MESSAGE_BYTES_MAX = 4_096


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
        count, at_once = BACKLOG_MAX + 40_000, 20_000
        for first in range(0, count, at_once):
            self.send(range(first, first + at_once), context={"filler": "x" * 100})
            self.assertEqual(self.ids(quick, at_once), [str(n) for n in range(first, first + at_once)])  # never far behind, however slow this machine is
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
        self.refused(1003, lambda reader: reader.send(BINARY, bytes(10)))
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
        self.refused(1009, lambda reader: reader.send(BINARY, b"", announced=1 << 40))

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


if __name__ == "__main__":
    unittest.main()
