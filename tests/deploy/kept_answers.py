"""Data of a few tenants, made from a seed, and everything that is asked of it: to hold one store's answers against another's."""

import random

WHOLE = {"start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}
QUESTIONS = [
    ("POST", "/events/query", {"limit": 1000, "order": "oldest"}),
    ("POST", "/events/query", {"filters": {"plan": "fiber"}, "limit": 1000}),
    ("POST", "/events/aggregate", {"granularity": "day", "dimensions": ["plan"], **WHOLE}),
    ("POST", "/events/funnel", {"funnel_steps": ["page", "order"], "conversion_window": "24h", **WHOLE}),
    ("POST", "/events/trends", {"series": [{"event_type": "order", "measure": "sum", "property": "price"}], "granularity": "month", **WHOLE}),
    ("POST", "/events/catalogue", {}),
    ("POST", "/profiles/query", {}),
    ("GET", "/metrics/", None),
    ("POST", "/metrics/values/query", {"metric_id": "latency", "limit": 1000, **WHOLE}),
    ("POST", "/metrics/aggregate", {"metric_id": "latency", "aggregation_method": "p95", "granularity": "hour", "dimensions": ["site"], **WHOLE}),
]


class KeptAnswers:
    """`ask(method, path, body, tenant)` gives the body of a call that was answered 200."""

    def __init__(self, tenants, seed):
        self.tenants, self.random = tenants, random.Random(seed)

    def fill(self, ask):
        for tenant in self.tenants:
            events = [{"event_type": self.random.choice(["page", "order"]), "event_name": "view", "event_id": str(i), "user_id": f"u{self.random.randrange(40)}",
                       "timestamp": f"2024-0{self.random.randrange(1, 10)}-1{self.random.randrange(10)}T0{self.random.randrange(10)}:00:00Z",
                       "properties": {"plan": self.random.choice(["fiber", "cable"]), "price": self.random.randrange(1, 100) / 4}} for i in range(400)]
            assert ask("POST", "/events/track/batch", {"events": events}, tenant)["success_count"] == 400
            ask("POST", "/profiles/identify", {"profiles": [{"id": "u1", "set": {"city": "Berlin"}}]}, tenant)
            ask("POST", "/metrics/", {"name": "latency", "display_name": "Latency", "metric_type": "histogram", "unit": "ms"}, tenant)
            values = [{"metric_id": "latency", "value": self.random.randrange(1, 500) / 8, "dimensions": {"site": self.random.choice(["berlin", "paris"])},
                       "timestamp": f"2024-05-01T{self.random.randrange(10, 24)}:00:00Z"} for _ in range(100)]
            assert ask("POST", "/metrics/values", {"values": values}, tenant)["success_count"] == 100

    def collect(self, ask):
        answers = {}
        for tenant in self.tenants:
            for method, path, body in QUESTIONS:
                answers[tenant, path, str(body)] = ask(method, path, body, tenant)
            answers[tenant, "/events/stats", ""] = ask("GET", "/events/stats", None, tenant)["event_count"]
        return answers

