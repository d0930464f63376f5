"""Real sets, imported by the program's own command, and the true figures that come with them.

Use: data_test.py BINARY FOLDER_OF_THE_SETS
"""

import json
import os
import subprocess
import sys
import unittest

FOLDER = sys.argv.pop()
if not os.path.isdir(FOLDER):
    print(f"skipped: the sets are not there ({FOLDER})")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import BINARY, NodeTest  # noqa: E402

EVER = {"start_time": "1990-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}


def maps(option, pairs):
    return [part for name, template in pairs.items() for part in (option, f"{name}={template}")]


class DataTest(NodeTest):
    def load(self, path, *options, accepted, rejected=0, left_out=0):
        state = os.path.join(self.folder, "state")
        self.rejected_file = os.path.join(self.folder, "rejected")
        ended = subprocess.run([BINARY, "import", os.path.join(FOLDER, path), "--url", f"http://127.0.0.1:{self.node.port}", "--state", state,
                                "--rejected", self.rejected_file, "--allow-rejected", "--json", *options], capture_output=True, text=True, timeout=300)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        summary = json.loads(ended.stdout)
        self.assertEqual((summary["accepted"], summary["duplicates"], summary["rejected"], summary["left_out"]), (accepted, 0, rejected, left_out), summary)

    def count(self, filters=None, by=None, **more):
        """Events in all, or by the values of one dimension."""
        answer = self.ask("/events/aggregate", {"granularity": "all", "filters": filters or {}, "dimensions": [by] if by else [], **EVER, **more})
        if by:
            return {each["dimensions"][by]: each["event_count"] for each in answer["aggregates"]}
        return answer["aggregates"][0]["event_count"] if answer["aggregates"] else 0

    def value(self, metric, method, filters=None, **more):
        answer = self.ask("/metrics/aggregate", {"metric_id": metric, "aggregation_method": method, "granularity": "all", "filters": filters or {}, **EVER, **more})
        self.assertEqual(answer["count"], 1, answer)
        self.assertTrue(answer["exact"])
        return answer["aggregates"][0]

    def check_value(self, metric, method, wanted, filters=None, places=6, **more):
        self.assertAlmostEqual(self.value(metric, method, filters, **more)["value"], wanted, places=places, msg=f"{metric} {method}")


class TelcoCustomers(DataTest):
    def test_as_events(self):
        self.load("telco_ibm/customers.csv", *maps("--map", {"event_type": "customer", "event_name": "profile", "user_id": "{customerID}",
                                                             "timestamp": "2020-01-01T00:00:00Z"}), accepted=7_043)
        self.assertEqual(self.count({"Churn": "Yes"}), 1_869)
        self.assertEqual(self.count(by="Contract"), {"Month-to-month": 3_875, "One year": 1_473, "Two year": 1_695})
        self.assertEqual(self.count({"Churn": "Yes"}, by="Contract"), {"Month-to-month": 1_655, "One year": 166, "Two year": 48})
        self.assertEqual(self.count({"MonthlyCharges": {"gt": 90}}), 1_739)
        segment = {"InternetService": "Fiber optic", "Contract": "Month-to-month", "tenure": {"lt": 12}}
        self.assertEqual(self.count(segment), 876)
        self.assertEqual(self.count({**segment, "Churn": "Yes"}), 618)
        self.assertEqual(self.count([{"field": "TotalCharges", "operator": "is_null"}]), 11)

    def test_as_a_metric(self):
        self.load("telco_ibm/customers.csv", "--as", "values", "--metric", "monthly_charges={MonthlyCharges}", "--dimension", "Contract",
                  "--create-metrics", "histogram", accepted=7_043)
        self.check_value("monthly_charges", "sum", 456_116.60)
        self.check_value("monthly_charges", "p50", 70.35)
        self.check_value("monthly_charges", "p95", 107.40)


class IspTraffic(DataTest):
    def test_as_a_gauge(self):
        with open(os.path.join(FOLDER, "isp_traffic_eu/traffic.csv")) as file:
            column = file.readline().split('"')[3]
        self.load("isp_traffic_eu/traffic.csv", "--as", "values", "--metric", "bits={" + column + "}", "--map", "timestamp={Time}", "--create-metrics", "gauge",
                  accepted=1_231)
        day = {"start_time": "2005-06-15T00:00:00Z", "end_time": "2005-06-16T00:00:00Z", "granularity": "day"}
        self.assertEqual(self.value("bits", "sum", **day)["sample_count"], 24)
        self.check_value("bits", "sum", 1_309_566_762_778, **day)
        self.check_value("bits", "avg", 54_565_281_782.4167, places=4, **day)
        for method, wanted in (("p50", 35_495_692_404), ("p95", 92_762_723_762.5), ("p99", 96_950_845_355.2), ("max", 100_871_365_956)):
            self.check_value("bits", method, wanted, places=4)
        top = self.ask("/metrics/values/query", {"metric_id": "bits", "limit": 10_000})["values"]
        self.assertEqual(max(top, key=lambda each: each["value"])["timestamp"], "2005-07-11T23:00:00Z")


class CesnetFlows(DataTest):
    def test_as_gauges(self):
        self.load("cesnet_ip103/flows.csv", "--as", "values", "--join", os.path.join(FOLDER, "cesnet_ip103/times.csv") + ":id_time", "--map", "timestamp={time}",
                  "--metric", "n_flows={n_flows}", "--metric", "n_bytes={n_bytes}", "--create-metrics", "gauge", accepted=2 * 6_717)
        day = {"start_time": "2024-03-12T00:00:00Z", "end_time": "2024-03-13T00:00:00Z", "granularity": "day"}
        self.check_value("n_flows", "sum", 1_023_174, **day)
        self.check_value("n_bytes", "sum", 125_771_656_705, **day)
        self.check_value("n_bytes", "p95", 9_604_822_549.2, places=3)
        hours = self.ask("/metrics/aggregate", {"metric_id": "n_flows", "aggregation_method": "sum", "granularity": "hour", "fill": "zero",
                                                "start_time": "2023-10-09T00:00:00Z", "end_time": "2024-07-15T00:00:00Z"})["aggregates"]
        counted = [each["sample_count"] for each in hours]
        inside = counted[:max(i for i, each in enumerate(counted) if each) + 1]
        self.assertEqual(inside.count(0), 1, "one hour of the calendar is missing")


class RipePings(DataTest):
    def test_as_events(self):
        self.load("ripe_atlas_ping/ping_results.csv", *maps("--map", {"event_type": "network_event", "event_name": "ping", "user_id": "{prb_id}", "timestamp": "{ts}"}),
                  accepted=38_733)
        self.assertEqual(self.count({"rcvd": 0}), 811)
        day = self.ask("/events/aggregate", {"granularity": "day", "start_time": "2023-02-14T00:00:00Z", "end_time": "2023-02-15T00:00:00Z"})["aggregates"]
        self.assertEqual([each["unique_users"] for each in day], [457])

    def test_as_metrics(self):
        common = ["--as", "values", "--map", "timestamp={ts}", "--dimension", "technology", "--create-metrics"]
        self.load("ripe_atlas_ping/ping_results.csv", *common, "histogram", "--metric", "rtt={rtt_avg_ms}", accepted=37_922)
        self.load("ripe_atlas_ping/ping_results.csv", *common, "counter", "--metric", "sent={sent}", "--metric", "rcvd={rcvd}", accepted=2 * 38_733)
        for filters, wanted in (({}, (54.753234, 296.564044, 329.480195)), ({"technology": "lte"}, (67.035271, 306.555384, 330.889876))):
            for method, truth in zip(("p50", "p95", "p99"), wanted):
                self.check_value("rtt", method, truth, filters)
        sent, received = (self.value(metric, "sum")["value"] for metric in ("sent", "rcvd"))
        self.assertEqual((sent, received), (115_960, 113_386))
        self.assertAlmostEqual((1 - received / sent) * 100, 2.2197, places=4)


class Megaline(DataTest):
    def test_as_events_and_a_metric(self):
        for name, day, accepted, rejected in (("call", "call_date", 137_735, 1), ("internet", "session_date", 104_825, 0), ("message", "message_date", 76_051, 0)):
            path = f"megaline/megaline_{name if name == 'internet' else name + 's'}.csv"
            self.load(path, *maps("--map", {"event_type": name, "event_name": name, "event_id": name + "-{id}", "user_id": "{user_id}", "timestamp": "{" + day + "}"}),
                      "--time-format", "%m/%d/%y", accepted=accepted, rejected=rejected)
            if rejected:
                with open(self.rejected_file) as file:
                    refused = [json.loads(line) for line in file]
                self.assertEqual([(each["line"], each["row"]) for each in refused], [(137_737, ",,,116.83")])
        self.assertEqual(self.count(by="event_type"), {"call": 137_735, "internet": 104_825, "message": 76_051})
        self.assertEqual(self.count({"event_type": "call", "duration": 0}), 26_834)
        for granularity, start, end, users in (("day", "2018-10-15", "2018-10-16", 303), ("month", "2018-10-01", "2018-11-01", 343)):
            answer = self.ask("/events/aggregate", {"granularity": granularity, "start_time": start + "T00:00:00Z", "end_time": end + "T00:00:00Z"})
            self.assertEqual([each["unique_users"] for each in answer["aggregates"]], [users])
        self.load("megaline/megaline_internet.csv", "--as", "values", "--metric", "mb={mb_used}", "--map", "timestamp={session_date}", "--time-format", "%m/%d/%y",
                  "--create-metrics", "counter", accepted=104_825)
        self.check_value("mb", "sum", 8_532_927.23, start_time="2018-12-01T00:00:00Z", end_time="2019-01-01T00:00:00Z")


class OnboardingApp(DataTest):
    STEPS = ["onboarding_welcome_screen", "onboarding__chooseLoginType", "onboarding_privacy_policyAccepted"]

    def test_funnels(self):
        self.load("onboarding_app/events.csv", *maps("--map", {"event_type": "app", "event_name": "{event_name}", "user_id": "{user_pseudo_id}", "session_id": "{session}",
                                                               "timestamp": "{event_timestamp}"}),
                  "--time-format", "us", "--where", "event_name!=passed", "--where", "event_name!=lost", accepted=26_804, left_out=4_139)
        whole = self.ask("/events/aggregate", {"granularity": "all", **EVER})["aggregates"][0]
        self.assertEqual((whole["event_count"], whole["unique_users"]), (26_804, 4_120))
        for options, wanted in (({"conversion_window": "24h"}, [4_120, 2_160, 2_038]), ({"conversion_window": 60}, [4_120, 2_080, 1_958]),
                                ({"conversion_window": 60, "start": "first"}, [4_120, 2_054, 1_935])):
            answer = self.ask("/events/funnel", {"funnel_steps": [{"event_name": step} for step in self.STEPS], **EVER, **options})
            self.assertEqual([each["count"] for each in answer["steps"]], wanted, options)


class ComcastComplaints(DataTest):
    def test_as_events(self):
        self.load("comcast_complaints/complaints.csv", *maps("--map", {"event_type": "ticket", "event_name": "complaint", "event_id": "{Ticket #}",
                                                                       "timestamp": "{Date_month_year} {Time}"}),
                  "--time-format", "%d-%b-%y %I:%M:%S %p", accepted=2_224)
        self.assertEqual(self.count(by="Status"), {"Solved": 973, "Closed": 734, "Open": 363, "Pending": 154})
        self.assertEqual(self.count(start_time="2015-06-01T00:00:00Z", end_time="2015-07-01T00:00:00Z"), 1_046)
        days = self.ask("/events/aggregate", {"granularity": "day", **EVER})["aggregates"]
        top = max(days, key=lambda each: each["event_count"])
        self.assertEqual((top["time_bucket"], top["event_count"]), ("2015-06-24T00:00:00Z", 218))
        states = self.count(by="State")
        self.assertEqual([states[each] for each in ("Georgia", "Florida", "California")], [288, 240, 220])
        self.assertEqual(self.count(by="Received Via"), {"Customer Care Call": 1_119, "Internet": 1_105})


unittest.main(verbosity=2)
