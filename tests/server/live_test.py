"""Live streams through the real port: every event once and in order, filters, going on after a restart, a reader that is too slow, tenants, hang-ups, a stop.

Use: live_test.py BINARY
"""

import json
import os
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from event_stream import Stream  # noqa: E402
from node_test_case import NodeTest  # noqa: E402

BACKLOG_MAX = 100_000
STREAMS_MAX = 256  # 64 MiB a tenant, 256 KiB a stream


class LiveTest(NodeTest):
    environment = {"REQUEST_TIMEOUT": "30"}

    def stream(self, *arguments, **options):
        made = Stream(self.node, *arguments, **options)
        self.addCleanup(made.close)
        return made

    def send(self, ids, tenant="default", **more):
        events = [{"event_type": "t", "event_name": "n", "event_id": str(each), "properties": {"n": each}, **more} for each in ids]
        for first in range(0, len(events), 10_000):
            self.assertEqual(self.ask("/events/track/batch", {"events": events[first:first + 10_000]}, tenant)["error_count"], 0)

    def test_every_event_comes_once_in_order_to_every_reader_of_its_tenant(self):
        self.send(range(5))  # before anybody looks
        readers = [self.stream().begin() for _ in range(3)]
        other = self.stream(tenant="other").begin()
        senders = [threading.Thread(target=self.send, args=(range(1_000 * k, 1_000 * k + 300),)) for k in range(1, 5)]
        for each in senders:
            each.start()
        wanted = {str(n) for k in range(1, 5) for n in range(1_000 * k, 1_000 * k + 300)}
        got = [each.ids(len(wanted)) for each in readers]
        for each in senders:
            each.join()
        self.assertEqual(set(got[0]), wanted)
        self.assertEqual(got[0], got[1])
        self.assertEqual(got[0], got[2])
        self.send([7], "other")
        self.assertEqual(other.ids(1), ["7"])

    def test_the_event_is_what_a_query_shows(self):
        reader = self.stream().begin()
        self.send([1], user_id="ann", context={"os": "linux", "deep": [1, {"k": None}]})
        kind, event = reader.next()
        self.assertEqual(kind, "event")
        self.assertEqual(event, self.ask("/events/query", {})["events"][0])

    def test_filters(self):
        query = "?" + urllib.parse.urlencode({"event_type": "t", "user_id": "ann", "filters": json.dumps({"n": {"gte": 10}})})
        reader = self.stream(query).begin()
        self.send(range(0, 20), user_id="ann")
        self.send(range(20, 40), user_id="bob")
        self.send([50], user_id="ann")
        self.assertEqual(reader.ids(11), [str(n) for n in [*range(10, 20), 50]])

    def test_who_comes_back_goes_on_behind_the_last_event_also_after_a_kill(self):
        reader = self.stream().begin()
        self.send(range(10))
        self.assertEqual(reader.ids(4), ["0", "1", "2", "3"])
        reader.close()
        self.send(range(10, 15))
        self.node.kill()
        self.node.start()
        back = self.stream(last_id=reader.last_id)
        self.assertEqual(back.ids(11), [str(n) for n in range(4, 15)])
        by_query = self.stream(f"?last_event_id={reader.last_id}")
        self.assertEqual(by_query.ids(11), [str(n) for n in range(4, 15)])
        strange = [self.stream(last_id=each).begin() for each in ("999999999999", "not a number", "-1")]  # no place of ours: from now on
        self.send([99])
        for each in strange:
            self.assertEqual(each.ids(1), ["99"])

    def test_who_is_too_far_behind_is_told_what_it_missed(self):
        self.send(range(BACKLOG_MAX + 1_234))
        reader = self.stream(last_id=0)
        self.assertEqual(reader.next(), ("missed", {"events": 1_234}))
        self.assertEqual(reader.last_id, 1_234)
        self.assertEqual(reader.ids(3), ["1234", "1235", "1236"])

    def test_a_reader_that_does_not_read_holds_up_nobody(self):
        slow, quick = self.stream().begin(), self.stream().begin()
        filler = "x" * 1_000
        for first in range(0, 40_000, 5_000):
            self.send(range(first, first + 5_000), context={"filler": filler})
        self.assertEqual(quick.ids(40_000), [str(n) for n in range(40_000)])
        self.assertEqual(slow.ids(40_000), [str(n) for n in range(40_000)])

    def test_an_idle_stream_has_a_heartbeat(self):
        reader = self.stream().begin()
        began = time.monotonic()
        self.assertEqual(reader.next(heartbeats=True), ("heartbeat", None))
        self.assertGreater(time.monotonic() - began, 5)

    def test_a_stop_ends_streams_at_once_and_whole(self):
        readers = [self.stream().begin() for _ in range(5)]
        self.send([1])
        for each in readers:
            self.assertEqual(each.ids(1), ["1"])
        self.assertEqual(self.node.stop(within=60), 0)
        for each in readers:
            self.assertIsNone(each.next())

    def test_streams_count_and_what_they_held_is_given_back(self):
        held = [self.stream().begin() for _ in range(STREAMS_MAX)]
        over = self.stream()
        self.assertEqual(over.answer.status, 429)
        self.stream(tenant="other").begin()
        for each in held:
            each.close()
        until = time.monotonic() + 40
        while time.monotonic() < until:
            again = self.stream()
            if again.answer.status == 200:
                break
            time.sleep(0.2)
        self.assertEqual(again.answer.status, 200)

    def test_bad_input(self):
        for query, place in (("?filters=%7B", "filters"), ("?filters=" + urllib.parse.quote('{"p":{"regex":"("}}'), "filters"), ("?last_event_id=-1", "last_event_id"),
                             ("?last_event_id=x", "last_event_id"), ("?unknown=1", "unknown"), ("?filters=" + "x" * 8_001, "filters")):
            status, answer, _ = self.node.call("GET", "/events/live" + query)
            self.assertEqual(status, 422, answer)
            self.assertIn(place, json.dumps(answer["detail"]))
        status, _, headers = self.node.call("HEAD", "/events/live")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/event-stream"))
        self.assertEqual(self.node.call("POST", "/events/live", {})[0], 405)


if __name__ == "__main__":
    unittest.main()
