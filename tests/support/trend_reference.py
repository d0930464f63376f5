"""Trends in plain Python, row by row, from the definitions of docs/trends.md: what the node's answers are held against.

An event is a dictionary as it was sent, with `at`, its time.
"""

import bisect
import datetime
import fractions
import zoneinfo

UTC = datetime.timezone.utc
COUNTED = {"unique_users": "user_id", "unique_sessions": "session_id", "unique_customers": "customer_id"}


def bucket_starts(start, end, size, zone_name):
    """Every start of a calendar bucket that the interval touches."""
    if size == "all":
        return [start]
    zone = zoneinfo.ZoneInfo(zone_name)
    local = start.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if size == "hour":  # of whole offsets: hours of the clock are hours of UTC, 23 or 25 a day where it changes
        at, step = local.astimezone(UTC), datetime.timedelta(hours=1)
        return [at + step * n for n in range(-(-(end - at) // step))]
    day = local.replace(hour=0, tzinfo=None)
    if size == "week":
        day -= datetime.timedelta(days=day.weekday())
    elif size == "month":
        day = day.replace(day=1)
    starts = []
    while (at := day.replace(tzinfo=zone).astimezone(UTC)) < end:
        starts.append(at)
        day += datetime.timedelta(days={"day": 1, "week": 7, "month": 31}[size])
        if size == "month":
            day = day.replace(day=1)
    return starts


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def percentile(numbers, part):
    """PERCENTILE_CONT of SQL."""
    ordered = sorted(map(float, numbers))
    position = fractions.Fraction(str(part)) / 100 * (len(ordered) - 1)
    below = int(position)
    if position == below:
        return ordered[below]
    return ordered[below] + (ordered[below + 1] - ordered[below]) * float(position - below)


def of_numbers(measure, numbers):
    if measure == "sum":
        return sum(numbers) if all(isinstance(each, int) for each in numbers) else float(sum(map(fractions.Fraction, numbers)))
    if not numbers:
        return None
    if measure == "avg":
        return float(sum(map(fractions.Fraction, numbers)) / len(numbers))
    if measure in ("min", "max"):
        return (min if measure == "min" else max)(numbers)
    return percentile(numbers, 50 if measure == "median" else measure[1:])


def measure_of(series, events):
    measure = series.get("measure", "count")
    if measure == "count":
        return len(events)
    if measure in COUNTED:
        return len({each[COUNTED[measure]] for each in events if COUNTED[measure] in each})
    if measure == "events_per_user":
        users = [each["user_id"] for each in events if "user_id" in each]
        return len(users) / len(set(users)) if users else None
    values = [value for each in events if (value := each["properties"].get(series["property"])) is not None]
    if measure == "distinct_values":
        return len({(isinstance(each, bool), str(each) if isinstance(each, list) else each) for each in values})
    return of_numbers(measure, [each for each in values if is_number(each)])


class Trend:
    """The question's lines as the node should answer them."""

    def __init__(self, question, events, start, end):
        self.question, self.start, self.end = question, start, end
        self.size, self.zone = question.get("granularity", "day"), question.get("timezone", "UTC")
        self.names = question.get("dimensions", [])
        self.starts = bucket_starts(start, end, self.size, self.zone)
        self.events = [each for each in events if start <= each["at"] < end]

    def by_group(self, series):
        """The events of a series, by group; without dimensions there is one group, also of nothing."""
        out = {} if self.names else {(): []}
        for each in self.events:
            if each["event_type"] == series.get("event_type", each["event_type"]):
                out.setdefault(tuple(each["properties"].get(name) for name in self.names), []).append(each)
        return out

    def measured(self, series, events):
        """The total and the points."""
        buckets = [[] for _ in self.starts]
        for each in events:
            buckets[bisect.bisect_right(self.starts, each["at"]) - 1].append(each)
        if self.question.get("cumulative"):
            buckets = [sum(buckets[:n + 1], []) for n in range(len(buckets))]
        return measure_of(series, events), [measure_of(series, each) for each in buckets]

    def largest(self, series, groups):
        def rank(group):
            total = measure_of(series, groups[group])
            return (total is None, -(total or 0), [(each is not None, each or "") for each in group])
        return sorted(groups, key=rank)[:self.question.get("limit", 10)]

    def lines(self, chosen=None):
        """(name, group or None for the others, total, points), and the groups that have a line, by series. `chosen`: those of the interval after."""
        out, kept = [], []
        for number, series in enumerate(self.question["series"]):
            groups = self.by_group(series)
            own = chosen[number] if chosen else kept[0] if self.question.get("formulas") and kept else self.largest(series, groups)
            kept.append(own)
            name = series.get("name", chr(ord("A") + number))
            out += [(name, group, *self.measured(series, groups.get(group, []))) for group in own]
            others = [each for group, events in groups.items() if group not in own for each in events]
            if others or chosen:
                out.append((name, None, *self.measured(series, others)))
        return out, kept


def formula_line(expression, lines, group):
    """Evaluated by Python itself, whose precedence is that of arithmetic."""
    of_series = {name: (total, points) for name, each, total, points in lines if each == group}

    def value(values):
        try:
            return eval(expression, {}, values)  # noqa: S307 - the test's own text
        except (ZeroDivisionError, TypeError):  # of null
            return None
    count = len(next(iter(of_series.values()))[1])
    return value({name: total for name, (total, _) in of_series.items()}), [value({name: points[n] for name, (_, points) in of_series.items()}) for n in range(count)]
