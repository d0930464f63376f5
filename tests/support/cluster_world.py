"""Where the nodes of a test live: on the loopback of this machine, or, where it is permitted, each in a network namespace of its own, with cables
that can be cut one by one and made slow.

The namespaces are inside one that the test makes for itself (`enter_namespaces` starts it again in there): nothing of the machine's network is touched.
"""

import os
import subprocess
import sys

from certificates import Authority
from node_process import Node, Postgres

DATABASE, CLIENTS = "10.77.0.1", "10.77.0.2"  # two addresses of the hub, so that one can be cut off without the other
# A bridge without an address of its own takes the lowest of its ports', which changes when one comes: nobody would reach it until the others ask again.
HUB = (f"mount -t tmpfs none /run && ip link set lo up && ip link add br0 address 02:00:00:4d:00:01 type bridge && ip address add {DATABASE}/24 dev br0 && ip address add {CLIENTS}/24 dev br0 && ip link set br0 up")
SLOW = "rate 400kbit burst 4kb limit 12kb"  # what does not fit into the queue is lost
TRIAL = ("mount -t tmpfs none /run && ip link set lo up && ip link add br0 type bridge && ip netns add trial && ip link add t0 type veth peer name eth0 netns trial && "
         f"ip netns exec trial tc qdisc add dev eth0 root tbf {SLOW}")


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def enter_namespaces():
    """Starts this program again in a network of its own where that is permitted; returns whether it is there."""
    if os.environ.get("DOTMAC_IN_NAMESPACE"):
        return True
    if os.environ.get("DOTMAC_NETWORK") == "loopback":
        return False
    words = ["unshare", "--net", "--mount", "--propagation", "private"]
    if subprocess.run(words + ["sh", "-c", TRIAL], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        return False
    environment = dict(os.environ, DOTMAC_IN_NAMESPACE="1")
    os.execvpe(words[0], words + ["sh", "-c", HUB + ' && exec "$@"', "sh", sys.executable, "-B", *sys.argv], environment)


class Loopback:
    """Processes on one machine: they can be killed and stopped, their network cannot be harmed."""
    can_cut = False

    def __init__(self, binary, folder, name):
        self.binary, self.folder, self.name = binary, folder, name
        self.postgres = Postgres()

    def node(self, number, **environment):
        own = f"{self.folder}/n{number}"
        os.makedirs(own, exist_ok=True)
        return Node(self.binary, own, self.postgres.url(), CLUSTER_NAME=self.name, NODE_ID=f"n{number}", **environment)

    def heal(self):
        pass

    def close(self):
        self.postgres.close()


class Namespaces(Loopback):
    can_cut = True

    def __init__(self, binary, folder, name):
        self.binary, self.folder, self.name = binary, folder, name
        self.postgres = Postgres(DATABASE, "10.77.0.0/24")
        self.authority = Authority(folder)
        self.numbers = []

    @staticmethod
    def address(number):
        return f"10.77.0.{10 + number}"

    def node(self, number, **environment):
        space = f"n{number}"
        run("ip", "netns", "add", space)
        run("ip", "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", space)
        run("ip", "link", "set", f"v{number}", "master", "br0", "up")
        run("ip", "-n", space, "address", "add", self.address(number) + "/24", "dev", "eth0")
        run("ip", "-n", space, "link", "set", "eth0", "up")
        run("ip", "-n", space, "link", "set", "lo", "up")
        self.numbers.append(number)
        certificates = self.authority.sign(space, f"IP:{self.address(number)}")
        made = super().node(number, HOST=self.address(number), PEER_HOST=self.address(number), **certificates, **environment)
        made.prefix = ["ip", "netns", "exec", space]
        made.host, made.source = self.address(number), (CLIENTS, 0)
        return made

    def block(self, number, address):
        subprocess.run(["ip", "-n", f"n{number}", "route", "add", "blackhole", address + "/32"], stderr=subprocess.DEVNULL)

    def cut_from_database(self, number):
        self.block(number, DATABASE)

    def cut(self, one, other, both_ways=True):
        """What `one` sends to `other` vanishes."""
        self.block(one, self.address(other))
        if both_ways:
            self.block(other, self.address(one))

    def make_slow(self, number):
        run("ip", "netns", "exec", f"n{number}", "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", *SLOW.split())

    def heal(self):
        for number in self.numbers:
            for address in [DATABASE, *(self.address(other) for other in self.numbers)]:
                subprocess.run(["ip", "-n", f"n{number}", "route", "del", "blackhole", address + "/32"], stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "netns", "exec", f"n{number}", "tc", "qdisc", "del", "dev", "eth0", "root"], stderr=subprocess.DEVNULL)

    def close(self):
        super().close()
        for number in self.numbers:
            subprocess.run(["ip", "netns", "del", f"n{number}"], stderr=subprocess.DEVNULL)


def make_world(binary, folder, name):
    return (Namespaces if os.environ.get("DOTMAC_IN_NAMESPACE") else Loopback)(binary, folder, name)
