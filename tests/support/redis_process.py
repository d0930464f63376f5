"""A Redis of a test's own: on a free port of this machine, in a temporary folder that goes with it."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time

from node_process import free_port


class Redis:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="dotmac-redis-")
        self.port = free_port()
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", ""],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        for _ in range(600):
            try:
                if self.command("PING") == b"PONG":
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("Redis did not start")

    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def command(self, *words):
        """The reply: bytes, a whole number, None or a list of them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            raw = [word if isinstance(word, bytes) else str(word).encode() for word in words]
            connection.sendall(b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in raw))
            with connection.makefile("rb") as replies:
                return self.read(replies)

    def read(self, replies):
        line = replies.readline().rstrip(b"\r\n")
        if not line:
            raise OSError("Redis closed the connection")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"*":
            return [self.read(replies) for _ in range(int(rest))]
        return replies.read(int(rest) + 2)[:-2]

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
