"""The questions, in the words of each engine, and what an answer comes to: rows of texts and numbers, whoever gave it."""

import datetime
import math

START, END = "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z"
PERIOD = {"start_time": START, "end_time": END}
DAYS = 30
USER = "user-000020"
STEPS = ["plan_viewed", "checkout", "payment"]
EVENT_FIELDS = ["event_type", "event_name", "session_id"]
PROPERTIES = ["region", "plan", "device", "page", "download_mbps", "amount"]


def epoch(text):
    return int(datetime.datetime.fromisoformat(text).timestamp())


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def cell(value):
    """Absent is "" or 0, whatever the engine's word for it; 2.0 is 2."""
    if value in (None, 0):
        return ""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def tidy(rows):
    return sorted((tuple(cell(each) for each in row) for row in rows), key=lambda row: [str(each) for each in row])


def is_same(one, other):
    def is_equal(a, b):
        return a == b if isinstance(a, str) or isinstance(b, str) else math.isclose(a, b, rel_tol=1e-9, abs_tol=0)
    return len(one) == len(other) and all(len(a) == len(b) and all(map(is_equal, a, b)) for a, b in zip(one, other))


def difference(one, other):
    ours, theirs = set(one) - set(other), set(other) - set(one)
    return f"{len(one)} rows and {len(other)}; only here {sorted(map(str, ours))[:3]}, only there {sorted(map(str, theirs))[:3]}"


class Question:
    """`asked`: what can be asked of the node, as (path, body, rows of the answer); the first whose path is there is taken."""

    def __init__(self, key, title, asked, clickhouse, duckdb=None):
        self.key, self.title, self.asked = key, title, asked
        self.sql = {"clickhouse": clickhouse, "duckdb": duckdb or clickhouse}


def trends(rows, *series, **more):
    return "/events/trends", {"series": list(series), **PERIOD, **more}, rows


def aggregate(rows, **body):
    return "/events/aggregate", {**PERIOD, **body}, rows


def points(answer):
    """(dimensions, bucket, the values of the series): one row for each group and bucket."""
    found, names = {}, sorted({each["name"] for each in answer["series"]})
    for each in answer["series"]:
        group = tuple((each.get("dimensions") or {}).values())
        for point in each["points"]:
            found.setdefault((*group, epoch(point["time_bucket"])), {})[each["name"]] = point["value"]
    return [(*key, *(values.get(name) for name in names)) for key, values in found.items() if any(values.values())]


def counted_rows(answer, *names):
    return [(*each["dimensions"].values(), epoch(each["time_bucket"]), *(each[name] for name in names)) for each in answer["aggregates"]]


def group_totals(answer):
    return [(*each["dimensions"].values(), each["total"]) for each in answer["series"] if not each.get("is_other")]


def funnel_rows(answer):
    return [[each["count"] for each in answer["steps"]]]


def funnel_groups(answer):
    return [(*each["dimensions"].values(), *(step["count"] for step in each["steps"])) for each in answer["groups"]]


def retention_rows(answer):
    """(cohort, day, users) where there are some. Day 0 is the cohort itself; days behind the period are not known."""
    rows = []
    for each in answer["cohorts"]:
        start = epoch(each["time_bucket"])
        rows.append((start, 0, each["size"]))
        for day, users in enumerate(each["retained"]):
            if day > 0 and users and start + day * 86_400 < epoch(END):
                rows.append((start, day, users))
    return [each for each in rows if each[2]]


def event_rows(answer):
    return [(milliseconds(each["timestamp"]), *(each[name] for name in EVENT_FIELDS), *(each["properties"].get(name) for name in PROPERTIES)) for each in answer["events"]]


# Who came how far, by the region of the first step of the attempt that came furthest, of several the first to come there, of those the
# latest start. For a payment the latest checkout before it and the latest plan_viewed before that are the best it can have.
FUNNEL_BY_REGION = """WITH
    firsts AS (SELECT user_id, time AS moment, region FROM events WHERE event_type = 'plan_viewed'),
    seconds AS (SELECT s.user_id AS user_id, s.time AS moment, f.moment AS began, f.region AS region
                FROM (SELECT user_id, time FROM events WHERE event_type = 'checkout') AS s
                ASOF JOIN firsts AS f ON s.user_id = f.user_id AND s.time > f.moment),
    thirds AS (SELECT t.user_id AS user_id, t.time AS moment, s.began AS began, s.region AS region
               FROM (SELECT user_id, time FROM events WHERE event_type = 'payment') AS t
               ASOF JOIN seconds AS s ON t.user_id = s.user_id AND t.time > s.moment),
    reached AS (SELECT user_id, 1 AS step, moment, region FROM firsts
                UNION ALL SELECT user_id, 2, moment, region FROM seconds WHERE moment - INTERVAL 24 HOUR <= began
                UNION ALL SELECT user_id, 3, moment, region FROM thirds WHERE moment - INTERVAL 24 HOUR <= began),
    users AS (SELECT user_id, max(step) AS furthest, {region} AS region FROM reached GROUP BY user_id)
SELECT {group}count(*), {count_if}(furthest >= 2), {count_if}(furthest >= 3) FROM users{by}"""
DUCKDB_REGION = "arg_min(region, struct_pack(later := -step, moment := moment))"
CLICKHOUSE_REGION = "argMin(region, (-step, moment))"

QUESTIONS = [
    Question("a", "page views per day",
             [trends(points, {"event_type": "page_view", "measure": "count"}, granularity="day"),
              aggregate(lambda answer: counted_rows(answer, "event_count"), event_type="page_view", granularity="day")],
             "SELECT toUInt32(day) * 86400, n FROM (SELECT toDate(time) AS day, count() AS n FROM events WHERE event_type = 'page_view' GROUP BY day)",
             "SELECT epoch(day)::BIGINT, n FROM (SELECT time::DATE AS day, count(*) AS n FROM events WHERE event_type = 'page_view' GROUP BY day)"),
    Question("b", "views and users per day and region",
             [trends(points, {"event_type": "page_view", "measure": "count"}, {"event_type": "page_view", "measure": "unique_users"}, granularity="day",
                     dimensions=["properties.region"], filters={"properties.plan": "fiber_500"}, limit=100),
              aggregate(lambda answer: counted_rows(answer, "event_count", "unique_users"), event_type="page_view", granularity="day",
                        dimensions=["properties.region"], filters={"properties.plan": "fiber_500"})],
             "SELECT region, toUInt32(day) * 86400, n, users FROM (SELECT region, toDate(time) AS day, count() AS n, uniqExact(user_id) AS users FROM events "
             "WHERE event_type = 'page_view' AND plan = 'fiber_500' GROUP BY region, day)",
             "SELECT region, epoch(day)::BIGINT, n, users FROM (SELECT region, time::DATE AS day, count(*) AS n, count(DISTINCT user_id) AS users FROM events "
             "WHERE event_type = 'page_view' AND plan = 'fiber_500' GROUP BY region, day)"),
    Question("c", "funnel of three steps in 24 h",
             [("/events/funnel", {"funnel_steps": STEPS, "conversion_window": "24h", **PERIOD}, funnel_rows)],
             "SELECT countIf(step >= 1), countIf(step >= 2), countIf(step >= 3) FROM (SELECT windowFunnel(86400000, 'strict_increase')"
             "(toUInt64(toUnixTimestamp64Milli(time)), event_type = 'plan_viewed', event_type = 'checkout', event_type = 'payment') AS step FROM events "
             "WHERE event_type IN ('plan_viewed', 'checkout', 'payment') GROUP BY user_id)",
             FUNNEL_BY_REGION.format(group="", by="", count_if="count_if", region="''")),
    Question("d", "the same by region",
             [("/events/funnel", {"funnel_steps": STEPS, "conversion_window": "24h", "dimensions": ["properties.region"], **PERIOD}, funnel_groups)],
             FUNNEL_BY_REGION.format(group="region, ", by=" GROUP BY region", count_if="countIf", region=CLICKHOUSE_REGION),
             FUNNEL_BY_REGION.format(group="region, ", by=" GROUP BY region", count_if="count_if", region=DUCKDB_REGION)),
    Question("e", "retention of logins by day",
             [("/events/retention", {"start_event": {"event_type": "login"}, "return_event": {"event_type": "login"}, **PERIOD, "granularity": "day", "periods": DAYS}, retention_rows)],
             "SELECT toUInt32(first) * 86400, toInt32(day - first), count() FROM (SELECT groupUniqArray(toDate(time)) AS days, arrayMin(days) AS first FROM events "
             "WHERE event_type = 'login' GROUP BY user_id) ARRAY JOIN days AS day GROUP BY first, day",
             "SELECT epoch(first)::BIGINT, day - first, count(*) FROM (SELECT day, min(day) OVER (PARTITION BY user_id) AS first FROM "
             "(SELECT DISTINCT user_id, time::DATE AS day FROM events WHERE event_type = 'login')) GROUP BY first, day"),
    Question("f", "p95 of download speed per hour",
             [trends(points, {"event_type": "speed_test", "measure": "p95", "property": "properties.download_mbps"}, granularity="hour")],
             "SELECT toUnixTimestamp(toStartOfHour(time)) AS hour, quantileExactInclusive(0.95)(download_mbps) FROM events WHERE event_type = 'speed_test' GROUP BY hour",
             "SELECT epoch(date_trunc('hour', time))::BIGINT AS hour, quantile_cont(download_mbps, 0.95) FROM events WHERE event_type = 'speed_test' GROUP BY hour"),
    Question("g", "last 100 events of one user",
             [("/events/query", {"user_id": USER, "limit": 100}, event_rows)],
             f"SELECT toUnixTimestamp64Milli(time), {', '.join(EVENT_FIELDS + PROPERTIES)} FROM events WHERE user_id = '{USER}' ORDER BY time DESC LIMIT 100",
             f"SELECT epoch_ms(time), {', '.join(EVENT_FIELDS + PROPERTIES)} FROM events WHERE user_id = '{USER}' ORDER BY time DESC LIMIT 100"),
    Question("h", "users with two tickets in a region",
             [("/events/users", {"event": {"event_type": "ticket_opened", "filters": {"properties.region": "north"}}, **PERIOD, "min_count": 2, "limit": 0},
               lambda answer: [[answer["total"]]])],
             "SELECT count(*) FROM (SELECT user_id FROM events WHERE event_type = 'ticket_opened' AND region = 'north' GROUP BY user_id HAVING count(*) >= 2) AS users"),
    Question("i", "ten most viewed pages",
             [trends(group_totals, {"event_type": "page_view", "measure": "count"}, granularity="all", dimensions=["properties.page"], limit=10)],
             "SELECT page, count(*) AS n FROM events WHERE event_type = 'page_view' GROUP BY page ORDER BY n DESC LIMIT 10"),
    Question("j", "distinct users of everything",
             [trends(lambda answer: [[each["total"]] for each in answer["series"]], {"measure": "unique_users"}, granularity="all"),
              aggregate(lambda answer: [[each["unique_users"]] for each in answer["aggregates"]], granularity="all")],
             "SELECT uniqExact(user_id) FROM events", "SELECT count(DISTINCT user_id) FROM events"),
]
