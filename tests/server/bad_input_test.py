"""What clients send by mistake or on purpose, through the real port: each is answered by name and limit, the node goes on, in bounded
memory, and what is taken reads back as it was sent.

Use: bad_input_test.py BINARY     DOTMAC_TEST_SEED
"""

import json
import os
import random
import re
import socket
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import SANITIZED, SEED, NodeTest  # noqa: E402

RSS_GROWTH_MAX = 192 * 1024 * 1024  # bodies of this test have at most a tenth of it
BATCH_EVENTS_MAX = 10_000
DEEP = "[" * 10_000 + "]" * 10_000
LINES = {"Content-Type": "application/x-ndjson"}


def event(more=""):
    return '{"event_type":"a","event_name":"b"%s}' % ("," + more if more else "")


def bits(number):
    return struct.pack("<d", number)


class BadInput(NodeTest):
    def setUp(self):
        super().setUp()
        self.good_events = 0
        self.goes_on()
        self.rss_before = self.rss()

    def rss(self):
        with open(f"/proc/{self.node.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024

    def goes_on(self):
        """A good event is taken and found."""
        self.good_events += 1
        name = f"good-{self.good_events}"
        self.ask("/events/track", {"event_type": "good", "event_name": name}, "good")
        self.assertEqual(self.ask("/events/query", {"event_name": name}, "good")["total"], 1)

    def send(self, path, body, wanted, headers=None):
        """`wanted`: the status. What is refused has the one shape of errors."""
        data = body if isinstance(body, bytes) else body.encode()
        status, answer, _ = self.node.call("POST", path, data, headers or {})
        self.assertEqual(status, wanted, (data[:200], answer))
        if status != 200:
            self.assertEqual(set(answer) - {"field"}, {"detail", "code", "request_id"})
        self.goes_on()
        return answer

    def raw(self, data):
        """The status line of an answer to bytes that no HTTP library would send."""
        with socket.create_connection(("127.0.0.1", self.node.port), timeout=30) as own:
            own.sendall(data)
            return own.recv(65_536).split(b"\r\n")[0]

    def found(self, **selection):
        return self.ask("/events/query", {"limit": 1000, **selection})

    def tearDown(self):
        try:
            if not SANITIZED:
                self.assertLess(self.rss() - self.rss_before, RSS_GROWTH_MAX)
        finally:
            super().tearDown()

    def test_that_is_no_utf8_is_refused_wherever_it_stands(self):
        bad = b'{"event_type":"a","event_name":"\xc3\x28"}'
        self.send("/events/track", bad, 400)
        self.send("/events/track/batch", b"[" + event().encode() + b"," + bad + b"]", 400)
        answer = self.send("/events/track/batch", event().encode() + b"\n" + bad + b"\n" + event().encode(), 200, LINES)
        self.assertEqual((answer["success_count"], [each["index"] for each in answer["errors"]]), (2, [1]))
        self.send("/events/query", b'{"event_name":"\xff"}', 400)
        self.send("/metrics/values", b'{"metric_id":"\xff","value":1}', 400)
        for line in (b"GET /metrics/\xff HTTP/1.1\r\nHost: x\r\n", b"GET /metrics/%ff HTTP/1.1\r\nHost: x\r\n", b"GET /events/stats HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: \xff\r\n"):
            self.assertRegex(self.raw(line + b"Connection: close\r\n\r\n"), rb"^HTTP/1.1 4\d\d")
            self.goes_on()

    def test_that_is_no_json_or_does_not_end_is_refused(self):
        for body in ("", " ", "{", '{"event_type":"a"', event()[:-1], event() + event(), event() + "x", event() + "]", '{"event_type":"a","event_name":"b",}'):
            self.send("/events/track", body, 400)
        for body in ("}", "\0", "nul", "7", '"x"', "[]"):
            self.send("/events/track", body, 422)
        for body in ("", "[", f"[{event()}", f"[{event()}]]", f"[{event()},]", f"[{event()}]{event()}", f'{{"events":[{event()}]}} x'):
            self.send("/events/track/batch", body, 400)
        for body in ("", "{", "nul", "{}{}", '{"limit":1,}', "{'limit':1}", '{"limit":01}'):
            self.send("/events/query", body, 400)
        answer = self.send("/events/track/batch", "\n".join((event(), event() + event(), event() + " x", "{", "7", event())), 200, LINES)
        self.assertEqual((answer["success_count"], [each["index"] for each in answer["errors"]]), (2, [1, 2, 3, 4]))
        self.assertEqual(self.found()["total"], 2)

    def test_of_unknown_and_wrongly_typed_fields_is_refused_by_name(self):
        for more, field in (('"colour":1', "colour"), ('"user_id":7', "user_id"), ('"properties":[]', "properties"), ('"context":"x"', "context"), ('"timestamp":5', "timestamp"),
                            ('"event_id":["x"]', "event_id"), ('"timestamp":"2026-01-01","timestamp":"2026-01-02"', "timestamp"), ('"properties":{},"properties":{}', "properties")):
            answer = self.send("/events/track", event(more), 422)
            self.assertEqual(answer["detail"][0]["loc"], ["body", field])
            answer = self.send("/events/track/batch", f"[{event()},{event(more)}]", 200)
            self.assertEqual((answer["success_count"], answer["errors"][0]["index"]), (1, 1))
            self.assertIn(field, answer["errors"][0]["detail"])
        for path, body in (("/events/query", '{"limit":"5"}'), ("/events/query", '{"filters":[{"field":"a","op":"ne","value":1}]}'), ("/metrics/values", '{"metric_id":"m","value":"1"}'),
                           ("/events/track/batch", '{"events":[],"colour":1}'), ("/events/track/batch", '{"events":{}}')):
            self.send(path, body, 422)

    def test_of_wrong_escapes_costs_one_event_of_a_batch(self):
        wrong = ('{"\\ud800":1}', event('"\\udc00":1'), event('"user_id":"\\ud800"'), event('"properties":{"x":"\\udc00"}'), event('"properties":{"\\ud800":[1]}'))
        answer = self.send("/events/track/batch", f"[{event()},{','.join(wrong)},{event()}]", 200)
        self.assertEqual((answer["success_count"], [each["index"] for each in answer["errors"]]), (2, [1, 2, 3, 4, 5]))

    def test_nested_ten_thousand_deep_is_refused(self):
        for more in (f'"properties":{{"x":{DEEP}}}', f'"context":{{"x":{DEEP}}}'):
            answer = self.send("/events/track", event(more), 422)
            self.assertIn("64", answer["detail"][0]["msg"])
            for body, headers in ((f"[{event()},{event(more)},{event()}]", {}), (f"{event()}\n{event(more)}\n{event()}", LINES)):
                answer = self.send("/events/track/batch", body, 200, headers)
                self.assertEqual((answer["success_count"], [each["index"] for each in answer["errors"]]), (2, [1]))
        self.send("/events/track", DEEP, 422)
        for path in ("/events/query", "/events/schema", "/metrics/", "/metrics/values"):
            for body in (DEEP, '{"schema_definition":%s}' % DEEP, '{"a":' * 10_000 + "1" + "}" * 10_000):
                self.send(path, body, 400)

    def test_numbers_of_any_size_read_back_as_they_were_sent(self):
        numbers = ("9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "18446744073709551616", "123456789012345678901234567890", "-" + "9" * 1000)
        nested = ('{"a":[123456789012345678901234567890,1e999,-0.0,{"b":3.14159265358979323846}]}', "[1.0,1.10,1e2]", '{"z":1,"a":2}', '"\\u00e9 \\"\\\\ \\n"')
        for each in numbers + nested:
            self.send("/events/track", event(f'"event_type_":1,"properties":{{"x":{each}}}').replace('"event_type_":1,', ""), 200)
        status, answer = self.raw_query()
        self.assertEqual(status, 200)
        for each in numbers + nested[:3]:
            self.assertIn(f'"properties":{{"x":{each}}}', answer)
        self.assertEqual({each["properties"]["x"] for each in json.loads(answer)["events"] if isinstance(each["properties"]["x"], str)}, {json.loads(nested[3])})
        for each in ("1e309", "-1e309", "01", "1.", ".5", "-", "1e", "0x1", "1" * 70_000):
            status, answer, _ = self.node.call("POST", "/events/track", event(f'"properties":{{"x":{each}}}').encode())
            self.assertIn(status, (400, 422), each[:20])
            self.goes_on()

    def raw_query(self):
        own = self.node.connect()
        own.request("POST", "/events/query", b'{"limit":1000}')
        answer = own.getresponse()
        text = answer.read().decode()
        own.close()
        return answer.status, text

    def test_decimals_of_up_to_forty_digits_read_back_equal_to_the_bit(self):
        print("seed", SEED, flush=True)
        chance = random.Random(SEED)
        sent = {}
        for number in range(4_000):
            digits = "".join(chance.choice("0123456789") for _ in range(chance.randrange(1, 41)))
            point = chance.randrange(len(digits) + 1)
            text = chance.choice(("", "-")) + (digits[:point].lstrip("0") or "0") + "." + (digits[point:] or "0")
            if chance.random() < 0.5:
                text += chance.choice("eE") + chance.choice(("", "+", "-")) + str(chance.randrange(250))
            sent[f"n{number}"] = text
        for text in ("3.14159265358979323846", "49.900000000000000000000", "100000000000000000000.0", "0.1000000000000000055511151231257827", "1e-400", "5e-324", "1.7976931348623157e308"):
            sent["fixed" + text] = text
        names = list(sent)
        bodies = [names[at:at + 200] for at in range(0, len(names), 200)]
        lines = [event('"properties":{%s}' % ",".join(f'"{name}":{sent[name]}' for name in each)) for each in bodies]
        self.send("/events/track/batch", "\n".join(lines), 200, LINES)
        self.node.kill()
        self.node.start()
        self.rss_before = self.rss()
        got = {name: value for each in self.found()["events"] for name, value in each["properties"].items()}
        self.assertEqual(set(got), set(sent))
        for name, text in sent.items():
            self.assertIsInstance(got[name], float, (text, got[name]))
            self.assertEqual(bits(got[name]), bits(float(text)), (text, got[name]))

    def test_with_nan_is_refused(self):
        self.ask("/metrics/", {"name": "load", "display_name": "Load", "metric_type": "gauge"})
        for word in ("NaN", "Infinity", "-Infinity"):
            self.send("/metrics/values", '{"metric_id":"load","value":%s}' % word, 400)
            self.send("/metrics/values", '{"values":[{"metric_id":"load","value":1},{"metric_id":"load","value":%s}]}' % word, 400)
            more = '"properties":{"x":%s}' % word
            status, answer, _ = self.node.call("POST", "/events/track/batch", f"[{event()},{event(more)}]".encode())
            self.assertTrue(status == 400 or (answer["success_count"], answer["errors"][0]["index"]) == (1, 1), answer)
            answer = self.send("/events/track/batch", f"{event()}\n{event(more)}", 200, LINES)
            self.assertEqual((answer["success_count"], answer["errors"][0]["index"]), (1, 1))
        self.assertEqual(self.ask("/metrics/values/query", {"metric_id": "load"})["total"], 0)

    def test_times_from_year_1_to_9999_read_back_and_others_are_refused(self):
        taken = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000001Z", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59Z", "2026-02-28T12:00:00.123456Z"]
        for at in taken:
            self.assertEqual(self.send("/events/track", event(f'"timestamp":"{at}"'), 200)["timestamp"], at)
        for at in ("0000-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z"):
            answer = self.send("/events/track", event(f'"timestamp":"{at}"'), 422)
            self.assertEqual((answer["detail"][0]["loc"], answer["detail"][0]["input"]), (["body", "timestamp"], at))
        self.assertEqual(sorted(each["timestamp"] for each in self.found()["events"]), sorted(taken))
        self.ask("/metrics/", {"name": "load", "display_name": "Load", "metric_type": "gauge"})
        for at in taken[:1] + taken[3:4] + ["9999-12-31T23:59:59.999Z"]:
            self.send("/metrics/values", json.dumps({"metric_id": "load", "value": 1, "timestamp": at}), 200)
        self.assertEqual(self.ask("/metrics/values/query", {"metric_id": "load"})["total"], 3)

    def test_of_no_events_or_too_many_is_refused_whole(self):
        for body, headers in (("[]", {}), ('{"events":[]}', {}), ("\n\n", LINES), ("", LINES)):
            self.send("/events/track/batch", body, 422, headers)
        many = [event()] * (BATCH_EVENTS_MAX + 1)
        for body, headers in (("[" + ",".join(many) + "]", {}), ('{"events":[' + ",".join(many) + "]}", {}), ("\n".join(many), LINES)):
            self.assertIn(str(BATCH_EVENTS_MAX), json.dumps(self.send("/events/track/batch", body, 413, headers)))
        self.assertEqual(self.found()["total"], 0)
        self.assertEqual(self.send("/events/track/batch", "\n".join(many[1:]), 200, LINES)["success_count"], BATCH_EVENTS_MAX)

    def test_with_a_byte_order_mark_is_taken(self):
        mark = b"\xef\xbb\xbf"
        self.send("/events/track", mark + event().encode(), 200)
        self.assertEqual(self.send("/events/track/batch", mark + event().encode() + b"\n" + event().encode(), 200, LINES)["success_count"], 2)
        self.assertEqual(self.send("/events/track/batch", mark + b"[" + event().encode() + b"]", 200)["success_count"], 1)
        self.assertEqual(self.send("/events/query", mark + b"{}", 200)["total"], 4)

    def test_cannot_slip_past_a_schema_by_properties_given_twice(self):
        self.ask("/events/schema", {"event_type": "a", "event_name": "b", "schema_definition": {"required": ["price"]}})
        self.send("/events/track", event('"properties":{"price":1}'), 200)
        for first, second in (("other", "price"), ("price", "other")):
            self.send("/events/track", event('"properties":{"%s":1},"properties":{"%s":1}' % (first, second)), 422)
        self.assertEqual(self.found()["total"], 1)


class Answers(NodeTest):
    def test_of_a_repeated_event_tell_no_time_that_is_not_kept(self):
        sent = {"event_type": "a", "event_name": "b", "event_id": "e", "timestamp": "2026-01-01T00:00:00.000001Z"}
        self.assertEqual(self.ask("/events/track", sent)["timestamp"], sent["timestamp"])
        again = self.ask("/events/track", sent)
        self.assertEqual((again["timestamp"], again["duplicates"]), (sent["timestamp"], 1))
        other = self.ask("/events/track", {**sent, "timestamp": "2026-01-02T00:00:00Z"})
        self.assertIsNone(other["timestamp"])
        self.assertIn("the first stays", other["note"])

    def test_of_a_repeated_value_tell_nothing_that_is_not_kept(self):
        self.ask("/metrics/", {"name": "load", "display_name": "Load", "metric_type": "gauge"})
        sent = {"metric_id": "load", "value": 1, "value_id": "v", "timestamp": "2026-01-01T00:00:00Z"}
        first = self.ask("/metrics/values", sent)
        self.assertEqual((first["value"], first["timestamp"], first["status"]), (1, sent["timestamp"], "recorded"))
        again = self.ask("/metrics/values", sent)
        self.assertEqual((again["value"], again["timestamp"], again["recorded_at"], again["status"]), (1, sent["timestamp"], None, "duplicate"))
        other = self.ask("/metrics/values", {"values": [{**sent, "value": 2}, {**sent, "value_id": "w"}]})["values"]
        self.assertEqual([(each["value"], each["timestamp"], each["status"]) for each in other], [(None, None, "conflicting"), (1, sent["timestamp"], "recorded")])
        self.assertIn("was not recorded", other[0]["note"])
        self.assertEqual([each["value"] for each in self.ask("/metrics/values/query", {"metric_id": "load"})["values"]], [1, 1])


unittest.main(verbosity=2)
