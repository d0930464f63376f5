"""Profiles over HTTP: attributes in filters and groups, merged users in every question, timelines, bad input, two tenants, kills.

Use: profile_test.py BINARY
"""

import os
import random
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from node_test_case import WHOLE, NodeTest  # noqa: E402


def event(user, kind="page_view", minute=0, **more):
    return {"event_type": kind, "event_name": kind, "user_id": user, "timestamp": f"2026-01-01T08:{minute:02}:00Z", **more}


class Profiles(NodeTest):
    def post(self, path, body, wanted=200, tenant="default"):
        status, answer, _ = self.node.call("POST", path, body, {"X-Tenant-ID": tenant})
        self.assertEqual(status, wanted, (path, answer))
        return answer

    def get(self, path, wanted=200, tenant="default"):
        status, answer, _ = self.node.call("GET", path, None, {"X-Tenant-ID": tenant})
        self.assertEqual(status, wanted, (path, answer))
        return answer

    def track(self, events, tenant="default"):
        answer = self.post("/events/track/batch", {"events": events}, tenant=tenant)
        self.assertEqual(answer["success_count"], len(events), answer)

    def identify(self, *profiles, tenant="default"):
        return self.post("/profiles/identify", {"profiles": list(profiles)}, tenant=tenant)["changed"]

    def merge(self, *pairs, tenant="default"):
        return self.post("/profiles/merge", {"merges": [{"from": a, "into": b} for a, b in pairs]}, tenant=tenant)["changed"]

    def users(self, filters=None, dimensions=(), tenant="default"):
        """Distinct users in all of time, by group."""
        body = {"granularity": "all", "dimensions": list(dimensions), "filters": filters or {}, **WHOLE}
        rows = self.post("/events/aggregate", body, tenant=tenant)["aggregates"]
        return {tuple(row["dimensions"].values()): row["unique_users"] for row in rows}

    def kill_and_start(self):
        self.node.kill()
        self.node.start()

    def test_attributes_are_set_once_forgotten_and_survive_a_kill(self):
        self.assertEqual(self.identify({"id": "ann", "set": {"plan": "fiber", "tags": ["a", {"b": 1}], "age": 36, "score": 0.5, "vip": True}, "set_once": {"first": 1}}), 1)
        self.assertEqual(self.identify({"id": "ann", "set": {"plan": "dsl"}, "set_once": {"first": 2}, "unset": ["age", "never"]}, {"kind": "customer", "id": "c-1", "set": {"region": "north"}}), 2)
        self.assertEqual(self.identify({"id": "ann", "set": {"plan": "dsl"}, "set_once": {"first": 3}, "unset": ["age"]}), 0, "nothing changes")
        for restart in (False, True, True):
            if restart:
                self.kill_and_start()
            found = self.get("/profiles/users/ann")
            self.assertEqual(found["attributes"], {"plan": "dsl", "tags": ["a", {"b": 1}], "score": 0.5, "vip": True, "first": 1})
            self.assertEqual((found["event_count"], found["first_time"], found["other_ids"]), (0, None, []))
            self.assertEqual(self.get("/profiles/customers/c-1")["attributes"], {"region": "north"})
        self.get("/profiles/users/nobody", 404)
        self.get("/profiles/customers/ann", 404)

    def test_merged_ids_are_one_user_in_questions_before_and_after(self):
        self.track([event("anonymous-1", minute=0), event("anonymous-2", minute=1), event("bob", minute=2)])
        self.assertEqual(self.users(), {(): 3})
        self.assertEqual(self.merge(("anonymous-1", "ann"), ("anonymous-2", "anonymous-1")), 2)
        self.assertEqual(self.merge(("anonymous-2", "ann"), ("ann", "ann")), 0)
        self.track([event("ann", "conversion", 3), event("anonymous-2", "conversion", 4)])
        for restart in (False, True):
            if restart:
                self.kill_and_start()
            self.assertEqual(self.users(), {(): 2})
            self.assertEqual(self.users(dimensions=["user_id"]), {("ann",): 1, ("bob",): 1})
            for any_id in ("ann", "anonymous-1", "anonymous-2"):
                self.assertEqual(self.post("/events/query", {"user_id": any_id})["total"], 4)
                self.assertEqual(self.get(f"/profiles/users/{any_id}")["other_ids"], ["anonymous-1", "anonymous-2"])
                timeline = self.get(f"/profiles/users/{any_id}/events?order=oldest&limit=3")
                self.assertEqual([each["user_id"] for each in timeline["events"]], ["anonymous-1", "anonymous-2", "ann"], "as they were sent")
                rest = self.get(f"/profiles/users/{any_id}/events?order=oldest&limit=3&cursor={timeline['next_cursor']}")
                self.assertEqual([each["user_id"] for each in rest["events"]], ["anonymous-2"])
            self.assertEqual(self.post("/events/query", {"filters": {"user_id": {"ne": "anonymous-1"}}})["total"], 1)
            funnel = self.post("/events/funnel", {"funnel_steps": ["page_view", "conversion"], **WHOLE})
            self.assertEqual([step["count"] for step in funnel["steps"]], [2, 1])
            self.assertEqual(self.get("/events/stats")["user_count"], 2)

    def test_groups_and_filters_by_attributes_equal_a_plain_computation(self):
        chance = random.Random(5)
        plans, cities, events, users, sites = {}, {}, [], {}, {}
        for number in range(60):
            users[f"u{number}"] = f"u{number}"
            if number % 4:
                plans[f"u{number}"] = chance.choice(["fiber", "dsl", 7])
        for site in range(6):
            cities[f"site {site}"] = chance.choice(["Linz", "Graz"])
        for number in range(400):
            user, site = chance.choice(list(users)), f"site {chance.randrange(8)}"
            events.append(event(user, minute=number % 60, properties={"site_id": site}))
            sites.setdefault((user, cities.get(site)), 0)
            sites[user, cities.get(site)] += 1
        self.track(events)
        self.identify(*({"id": user, "set": {"plan": plan}} for user, plan in plans.items()),
                      *({"kind": "group", "property": "site_id", "id": site, "set": {"city": city}} for site, city in cities.items()))
        active = {user for user, _ in sites}
        for restart in (False, True):
            if restart:
                self.kill_and_start()
            wanted = {}
            for user in active:
                wanted.setdefault((plans.get(user),), set()).add(user)
            self.assertEqual(self.users(dimensions=["user.plan"]), {plan: len(those) for plan, those in wanted.items()})
            self.assertEqual(self.users({"user.plan": {"is_null": True}}), {(): len([user for user in active if user not in plans])})
            in_linz = {user for user, city in sites if city == "Linz"}
            self.assertEqual(self.users({"groups.site_id.city": "Linz", "user.plan": "fiber"}), {(): len([user for user in in_linz if plans.get(user) == "fiber"])})
            wanted = {}
            for (user, city), count in sites.items():
                wanted.setdefault((city,), set()).add(user)
            self.assertEqual(self.users(dimensions=["groups.site_id.city"]), {city: len(those) for city, those in wanted.items()})

    def test_profiles_are_found_page_by_page(self):
        self.identify(*({"id": f"user {number:03}", "set": {"number": number, "kind": "even" if number % 2 == 0 else "odd"}} for number in range(250)))
        for restart in (False, True):
            if restart:
                self.kill_and_start()
            found, cursor = [], None
            while True:
                page = self.post("/profiles/query", {"filters": {"kind": "even", "number": {"gte": 100}}, "limit": 30, **({"cursor": cursor} if cursor else {})})
                self.assertEqual(page["total"], 75)
                found += [each["attributes"]["number"] for each in page["profiles"]]
                cursor = page["next_cursor"]
                if not cursor:
                    break
            self.assertEqual(found, list(range(100, 250, 2)))
            self.assertEqual([each["id"] for each in self.post("/profiles/query", {"ids": ["user 007", "user 003", "nobody"]})["profiles"]], ["user 003", "user 007"])

    def test_tenants_do_not_see_each_other(self):
        for tenant, plan in (("first", "fiber"), ("second", "dsl")):
            self.track([event("ann"), event("anonymous")], tenant=tenant)
            self.identify({"id": "ann", "set": {"plan": plan}}, tenant=tenant)
        self.merge(("anonymous", "ann"), tenant="first")
        self.assertEqual(self.users(dimensions=["user.plan"], tenant="first"), {("fiber",): 1})
        self.assertEqual(self.users(dimensions=["user.plan"], tenant="second"), {("dsl",): 1, (None,): 1})
        self.get("/profiles/users/ann", 404, tenant="third")

    def test_bad_input_names_the_field_and_changes_nothing(self):
        def refused(path, body, *words):
            answer = self.post(path, body, 422)
            told = " ".join(".".join(map(str, each["loc"][1:])) + ": " + each["msg"] for each in answer["detail"])
            for word in words:
                self.assertIn(word, told)

        good = {"id": "ann", "set": {"plan": "fiber"}}
        refused("/profiles/identify", {"profiles": []}, "profiles", "1 to 1000")
        refused("/profiles/identify", {"profiles": [{"id": f"u{i}"} for i in range(1001)]}, "profiles", "1 to 1000")
        refused("/profiles/identify", {"profiles": [good, {"id": ""}]}, "id", "1 to 256 bytes")
        refused("/profiles/identify", {"profiles": [good, {"id": "x", "set": {"a": None}}]}, "unset")
        refused("/profiles/identify", {"profiles": [good, {"id": "x", "set": {"": 1}}]}, "profiles.1.set", "profile_attribute_name_size_max")
        refused("/profiles/identify", {"profiles": [good, {"id": "x", "unset": ["n" * 201]}]}, "profiles.1.unset")
        refused("/profiles/identify", {"profiles": [good, {"id": "x", "set": {"a": "x" * 8193}}]}, "profile_value_size_max")
        refused("/profiles/identify", {"profiles": [good, {"id": "x", "set": {f"a{i}": 1 for i in range(201)}}]}, "set", "200")
        refused("/profiles/identify", {"profiles": [good, {"kind": "group", "id": "x"}]}, "profiles.1.property")
        refused("/profiles/identify", {"profiles": [good, {"kind": "user", "property": "p", "id": "x"}]}, "profiles.1.property")
        refused("/profiles/identify", {"profiles": [good, {"kind": "group", "property": "a.b", "id": "x"}]}, "profiles.1.property", "point")
        refused("/profiles/identify", {"profiles": [good, {"kind": "robot", "id": "x"}]}, "kind", "user, customer, group")
        refused("/profiles/merge", {"merges": [{"from": "a"}]}, "into")
        refused("/profiles/query", {"kind": "group"}, "property")
        refused("/profiles/query", {"cursor": "nonsense"}, "cursor")
        refused("/events/query", {"columns": ["user_id", "user.plan"]}, "columns.1")
        refused("/events/trends", {"series": [{"measure": "sum", "property": "user.age"}], "granularity": "day", **WHOLE}, "property")
        self.get("/profiles/users/ann", 404)
        for number in range(5):
            self.identify(*({"id": "ann", "set": {f"attribute {number * 200 + i}": 1 for i in range(200)}},))
        refused("/profiles/identify", {"profiles": [{"id": "bob", "set": {"one more": 1}}]}, "attributes_max = 1000", "profiles.0")
        self.merge(*((f"anonymous {i}", "ann") for i in range(999)))
        refused("/profiles/merge", {"merges": [{"from": "another", "into": "bob"}, {"from": "bob", "into": "ann"}]}, "user_ids_max = 1000", "merges.1")
        self.get("/profiles/users/bob", 404)

    def test_a_kill_amid_many_changes_loses_none_that_was_acknowledged(self):
        chance, known, of = random.Random(9), {}, {}
        for round_number in range(3):
            for _ in range(60):
                user = f"u{chance.randrange(40)}"
                root = of.get(user, user)
                if chance.random() < 0.15:
                    other = f"u{chance.randrange(40)}"
                    into = of.get(other, other)
                    self.merge((user, other))
                    if into != root:
                        known[into] = {**known.get(root, {}), **known.get(into, {})}
                        known.pop(root, None)
                        of.update({name: into for name, at in of.items() if at == root})
                        of[root] = into
                else:
                    value = chance.randrange(1000)
                    self.identify({"id": user, "set": {"value": value}})
                    known.setdefault(root, {})["value"] = value
                if chance.random() < 0.3:
                    self.track([event(user)])
            self.kill_and_start()
            page = self.post("/profiles/query", {"limit": 1000})
            self.assertEqual({each["id"]: each["attributes"] for each in page["profiles"]}, known)
            self.assertEqual({each["id"]: each["other_ids"] for each in page["profiles"] if each["other_ids"]},
                             {root: sorted(name for name, at in of.items() if at == root) for root in set(of.values())})


unittest.main(verbosity=2)
