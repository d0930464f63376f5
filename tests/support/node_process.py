"""A real node as a process, and its stores, for tests that go through the socket."""

import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

POSTGRES = "/usr/lib/postgresql/15/bin"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A cluster of its own in a temporary folder; PostgreSQL refuses root, so it runs as the user postgres then."""

    def __init__(self, address="127.0.0.1", let_in=None):
        self.address = address
        self.folder = tempfile.mkdtemp(prefix="dotmac-pg-")
        self.port = free_port()
        self.user = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = ["setpriv", "--reuid", str(owner.pw_uid), "--regid", str(owner.pw_gid), "--clear-groups"]
        self.data = self.folder + "/data"
        subprocess.run(self.user + [POSTGRES + "/initdb", "-D", self.data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale"],
                       check=True, stdout=subprocess.DEVNULL, cwd=self.folder)
        if let_in:
            with open(self.data + "/pg_hba.conf", "a") as rules:
                rules.write(f"host all all {let_in} trust\n")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.user + ["setpriv", "--pdeathsig", "QUIT", POSTGRES + "/postgres", "-D", self.data, "-p", str(self.port), "-k", self.folder,
                         "-c", "listen_addresses=" + self.address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        for _ in range(300):
            if subprocess.run([POSTGRES + "/pg_isready", "-q", "-h", self.address, "-p", str(self.port), "-U", "tester", "-d", "postgres"]).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start")

    def kill(self):
        """What a power cut does: every process of the cluster at once, without a word."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def url(self):
        return f"postgresql://tester@{self.address}:{self.port}/postgres"

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Node:
    def __init__(self, binary, folder, database_url="", **environment):
        self.binary, self.folder, self.database_url, self.environment = binary, folder, database_url, environment
        self.port = free_port()
        self.process = None
        self.prefix = []  # of the command that serves
        self.host, self.source = "127.0.0.1", None
        self.headers = {}  # of every call

    def start(self, wait=30):
        environment = dict(os.environ, DATA_DIR=self.folder, PORT=str(self.port), **{"HOST": "127.0.0.1", **self.environment})
        environment.pop("DATABASE_URL", None)
        if self.database_url:
            environment["DATABASE_URL"] = self.database_url
            subprocess.run([self.binary, "init-db"], env=environment, check=True, stdout=subprocess.DEVNULL)
        with open(self.folder + "/node.log", "ab") as log:
            self.process = subprocess.Popen([*self.prefix, self.binary, "serve"], env=environment, stderr=log)
        until = time.monotonic() + wait
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError("the node ended: " + open(self.folder + "/node.log").read()[-2000:])
            try:
                if self.call("GET", "/health/ready")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("the node is not ready: " + open(self.folder + "/node.log").read()[-2000:])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, within=30):
        self.process.terminate()
        return self.process.wait(within)

    def connect(self, timeout=30):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout, source_address=self.source)

    def call(self, method, path, body=None, headers=None, connection=None):
        """(status, decoded body, headers)"""
        own = connection or self.connect()
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        own.request(method, path, data, {**self.headers, **(headers or {})})
        answer = own.getresponse()
        raw = answer.read()
        if connection is None:
            own.close()
        try:
            decoded = (json.loads(raw) if answer.headers.get_content_type() == "application/json" else raw) if raw else None
        except ValueError:
            decoded = raw
        return answer.status, decoded, dict(answer.getheaders())
