"""Clients behind a load balancer: it asks nodes whether they are ready, and the clients write through those that are, and note every call that is not answered as it should be."""

import http.client
import json
import random
import threading
import time


class BalancedClients:
    look_every = 0.1  # seconds; the page's DRAIN_SECONDS is longer
    pause = 0.005

    def __init__(self, ports, token, tenants, seed, prefix):
        """Ids of events begin with `prefix`."""
        self.ports, self.token, self.tenants, self.prefix = ports, token, tenants, prefix
        self.random = random.Random(seed)
        self.in_rotation, self.acknowledged, self.refused = [], {tenant: [] for tenant in tenants}, []
        self.stopping = False
        self.threads = [threading.Thread(target=self.look), *(threading.Thread(target=self.write, args=(number,)) for number in range(2))]
        self.used = set()

    def start(self):
        for each in self.threads:
            each.start()
        return self

    def wait_for(self, count):
        """Until so many are acknowledged, or one is refused."""
        while sum(map(len, self.acknowledged.values())) < count and not self.refused:
            time.sleep(0.01)

    def so_far(self):
        return {tenant: list(ids) for tenant, ids in self.acknowledged.items()}

    def stop(self):
        self.stopping = True
        for each in self.threads:
            each.join()

    def is_ready(self, port):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def look(self):
        while not self.stopping:
            self.in_rotation = [port for port in self.ports if self.is_ready(port)]
            time.sleep(self.look_every)

    def write(self, number):
        for i in range(10**9):
            if self.stopping:
                return
            if ports := self.in_rotation:
                port, tenant, event_id = self.random.choice(ports), self.random.choice(self.tenants), f"{self.prefix}-{number}-{i}"
                try:
                    self.track(port, tenant, event_id)
                    self.acknowledged[tenant].append(event_id)
                    self.used.add(port)
                except (OSError, http.client.HTTPException, AssertionError) as why:
                    self.refused.append((port, tenant, event_id, repr(why)))
            time.sleep(self.pause)

    def track(self, port, tenant, event_id):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", "/events/track", json.dumps({"event_type": "page", "event_name": "view", "event_id": event_id}), {"X-API-Key": self.token, "X-Tenant-ID": tenant})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, (answer.status, body)
        finally:
            connection.close()
