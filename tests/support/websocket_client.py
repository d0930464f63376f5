"""A WebSocket (RFC 6455) from the client's side, frame by frame, so that a test can also send what no client should."""

import base64
import hashlib
import json
import os
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Closed(Exception):
    """The other side is gone without a close frame."""


class WebSocket:
    def __init__(self, port, path, headers=None, without=(), method="GET", version="HTTP/1.1", behind=b"", receive_buffer=None, timeout=60):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.key = base64.b64encode(os.urandom(16)).decode()
        sent = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": self.key, **(headers or {})}
        lines = [f"{method} {path} {version}"] + [f"{name}: {value}" for name, value in sent.items() if name not in without]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + behind)
        self.kept = b""
        self.pings = []
        self.answers_pings = True
        self.read_answer()

    def read_answer(self):
        while b"\r\n\r\n" not in self.kept:
            self.more()
        head, _, self.kept = self.kept.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            self.headers.setdefault(name.lower(), []).append(value)
        self.body = None
        if self.status == 101:
            wanted = base64.b64encode(hashlib.sha1(self.key.encode() + GUID).digest()).decode()
            assert self.headers["sec-websocket-accept"] == [wanted], self.headers
        elif "content-length" in self.headers:
            self.body = json.loads(self.take(int(self.headers["content-length"][0])))

    def more(self):
        got = self.socket.recv(1 << 16)
        if not got:
            raise Closed
        self.kept += got

    def take(self, size):
        while len(self.kept) < size:
            self.more()
        got, self.kept = self.kept[:size], self.kept[size:]
        return got

    def frame(self):
        """(is it the last of its message, kind, content)"""
        first, second = self.take(2)
        assert first & 0x70 == 0 and second & 0x80 == 0, "a server's frame has no reserved bits and no mask"
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack(">H", self.take(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.take(8))
        return bool(first & 0x80), first & 0x0F, self.take(size)

    def message(self):
        """(kind, content) of the next text, pong or close; pings are answered."""
        while True:
            last, kind, content = self.frame()
            assert last, "no message of the server is in parts"
            if kind == PING:
                self.pings.append(content)
                if self.answers_pings:
                    self.send(PONG, content)
            else:
                return kind, content

    def json(self):
        kind, content = self.message()
        assert kind == TEXT, (kind, content)
        return json.loads(content)

    def ending(self):
        """(code, reason) of the close frame, past what comes before it."""
        while True:
            kind, content = self.message()
            if kind == CLOSE:
                return struct.unpack(">H", content[:2])[0], content[2:].decode()

    def is_at_end(self):
        """Waits for the end of the connection."""
        try:
            while True:
                self.more()
        except (Closed, ConnectionResetError):
            return True

    def send(self, kind, content=b"", last=True, masked=True, reserved=0, announced=None):
        size = len(content) if announced is None else announced
        head = bytes([(0x80 if last else 0) | reserved | kind])
        bit = 0x80 if masked else 0
        head += bytes([bit | size]) if size < 126 else bytes([bit | 126]) + struct.pack(">H", size) if size < 1 << 16 else bytes([bit | 127]) + struct.pack(">Q", size)
        if masked:
            mask = os.urandom(4)
            head += mask
            content = bytes(byte ^ mask[i % 4] for i, byte in enumerate(content))
        self.socket.sendall(head + content)

    def send_close(self, code=1000):
        self.send(CLOSE, struct.pack(">H", code))

    def close(self):
        self.socket.close()
