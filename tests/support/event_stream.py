"""A live stream of events through a node's port."""

import json


class Stream:
    """Reads server-sent events as a browser does."""

    def __init__(self, node, query="", tenant="default", last_id=None, timeout=30):
        self.connection = node.connect(timeout)
        headers = {"X-Tenant-ID": tenant, "Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        self.connection.request("GET", "/events/live" + query, None, headers)
        self.answer = self.connection.getresponse()
        self.last_id = last_id

    def next(self, heartbeats=False):
        """(kind, data); None at the end of the stream."""
        kind, data, got = "message", None, False
        while line := self.answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            got = got or bool(name)
            if name == "id":
                self.last_id = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                data = json.loads(value)
            elif not name and got:
                if data is not None:
                    return kind, data
                if heartbeats:
                    return "heartbeat", None
                got = False
        return None

    def begin(self):
        """Once this is here, the stream has its place."""
        if self.next(heartbeats=True) != ("heartbeat", None):
            raise AssertionError("the stream does not begin with its place")
        return self

    def ids(self, count):
        return [self.next()[1]["event_id"] for _ in range(count)]

    def close(self):
        self.answer.close()
        self.connection.close()
