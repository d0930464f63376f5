"""Test cases of questions about users: events of some weeks over a change of daylight saving, sent to a node and kept beside it; what is refused; the examples of a page."""

import datetime
import json
import os
import random
import re

from node_test_case import SEED, UTC, NodeTest, write_time

FIRST = datetime.datetime(2026, 3, 15, tzinfo=UTC)
START, END = datetime.datetime(2026, 3, 18, 5, 30, tzinfo=UTC), datetime.datetime(2026, 4, 3, 17, tzinfo=UTC)  # over a change of daylight saving


def random_events(chance, count, tag="", users=40):
    events = []
    for n in range(count):
        at = FIRST + datetime.timedelta(hours=chance.randrange(22 * 24), seconds=chance.choice((0, 0, 1, 1_800)))  # many at one time
        event = {"event_type": chance.choice("abc"), "event_name": chance.choice("mn"), "event_id": f"{tag}{n}", "timestamp": write_time(at), "at": at, "properties": {}}
        for field, ids in (("user_id", users), ("session_id", 80), ("customer_id", 9)):
            if chance.random() < 0.9:
                event[field] = f"{field}-{chance.randrange(ids)}"
        for name, values in (("plan", ["fiber", "dsl", "cable", "5g", ""]), ("site", ["berlin", "paris"])):
            if chance.random() < 0.9:
                event["properties"][name] = chance.choice(values)
        events.append(event)
    return events


class UserTest(NodeTest):
    def setUp(self):
        super().setUp()
        print("seed", SEED, flush=True)
        self.chance = random.Random(SEED)

    def send(self, events, tenant="default"):
        sent = [{name: value for name, value in each.items() if name != "at"} for each in events]
        self.assertEqual(self.ask("/events/track/batch", {"events": sent}, tenant)["success_count"], len(sent))

    def refused(self, path, question, field, told="", code="validation_failed"):
        answer = self.ask(path, question, wanted=422)
        self.assertEqual((answer["code"], len(answer["detail"])), (code, 1), answer)
        fault = answer["detail"][0]
        self.assertEqual(".".join(map(str, fault["loc"])), "body." + field, answer)
        self.assertIn(told, fault["msg"], answer)


class Examples:
    """For a NodeTest. Of a page: its events, then questions with their path and the parts of the answers that it shows."""

    page, pairs = "", 0

    def test_examples_answer_what_they_say(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", self.page), encoding="utf-8") as file:
            blocks = re.findall(r"(?:^    .*\n)+", file.read(), re.M)
        self.ask("/events/track/batch", {"events": json.loads(blocks[0])})
        self.assertEqual(len(blocks), 1 + 2 * self.pairs)
        for asked, answered in zip(blocks[1::2], blocks[2::2]):
            path, question = asked.strip().removeprefix("POST ").split("\n", 1)
            answer, wanted = self.ask(path, json.loads(question)), json.loads(answered)
            self.assertEqual({name: answer[name] for name in wanted}, wanted, asked)
