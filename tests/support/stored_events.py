"""More events than one stored segment holds, for tests of what is in the store only; and questions of every kind about them."""

import json
import random

SEGMENT_ROWS = 131_072  # event_segment_rows
TIMES = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-02-01T00:00:00Z"}
# Of a segment of these events, in the order of its parts.
COLUMNS = ["timestamp", "received_at", "event_type", "event_name", "user_id", "session_id", "event_id", "properties.price", "properties.plan"]

QUESTIONS = {
    "by day": ("/events/aggregate", {**TIMES, "granularity": "day"}),
    "by plan": ("/events/aggregate", {**TIMES, "granularity": "all", "dimensions": ["plan"]}),
    "by type": ("/events/trends", {**TIMES, "granularity": "day", "series": [{"event_type": "view"}, {"event_type": "buy", "measure": "sum", "property": "price"}]}),
    "page": ("/events/query", {**TIMES, "filters": {"plan": "fiber", "price": {"gte": 900}}, "limit": 20, "order": "oldest"}),
    "total": ("/events/query", {**TIMES, "event_type": "buy", "limit": 1}),
    "funnel": ("/events/funnel", {**TIMES, "funnel_steps": ["view", "cart", "buy"], "conversion_window": "24h"}),
    "retention": ("/events/retention", {**TIMES, "granularity": "day", "periods": 7, "start_event": {"event_type": "view"}, "return_event": {"event_type": "buy"}}),
    "sessions": ("/events/sessions", {**TIMES}),
    "paths": ("/events/paths", {**TIMES, "steps": 3}),
    "catalogue": ("/events/catalogue", {**TIMES, "event_type": "view"}),
    "values of price": ("/events/catalogue/values", {**TIMES, "field": "properties.price"}),
    "values of plan": ("/events/catalogue/values", {**TIMES, "field": "properties.plan"}),
    "values of type": ("/events/catalogue/values", {**TIMES, "field": "event_type"}),
    "values of user": ("/events/catalogue/values", {**TIMES, "field": "user_id"}),
}


def batches(count, seed, first=0, size=8_192):
    """NDJSON of `size` events each. Every eighth event has an id."""
    chance = random.Random(seed)
    for start in range(first, first + count, size):
        lines = []
        for n in range(start, min(start + size, first + count)):
            event = {"event_type": chance.choice(("view", "view", "cart", "buy")), "event_name": f"n{n % 7}", "user_id": f"user-{chance.randrange(3_000)}", "session_id": f"s{chance.randrange(20_000)}",
                     "timestamp": f"2026-01-{chance.randrange(1, 31):02}T{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}Z", "properties": {"price": chance.randrange(1_000), "plan": chance.choice(("fiber", "dsl", "cable"))}}
            if n % 8 == 0:
                event["event_id"] = f"id-{n}"
            lines.append(json.dumps(event))
        yield "\n".join(lines).encode()


def send(node, count, seed, first=0, tenant="default"):
    for each in batches(count, seed, first):
        status, answer, _ = node.call("POST", "/events/track/batch", each, {"X-Tenant-ID": tenant, "Content-Type": "application/x-ndjson"})
        assert status == 200 and answer["error_count"] == 0, answer


def ask(node, name, tenant="default"):
    """(status, answer), without how far it reaches, which events outside of TIMES change."""
    path, question = QUESTIONS[name]
    status, answer, _ = node.call("POST", path, question, {"X-Tenant-ID": tenant})
    return status, {name: value for name, value in answer.items() if name not in ("as_of", "rows_scanned")}
