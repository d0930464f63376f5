"""A test case whose node is asked for live streams by WebSocket."""

from node_test_case import NodeTest
from websocket_client import WebSocket


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
