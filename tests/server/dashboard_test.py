"""Dashboards over HTTP: made, changed, versions and undo, names, bad input, two tenants, kills in the middle of edits.

Use: dashboard_test.py BINARY     DOTMAC_TEST_SEED
"""

import os
import random
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import SEED, NodeTest  # noqa: E402


def widget(name, x=0, **more):
    return {"name": name, "title": f"Title of {name}", "widget_type": "line_chart", "query_config": {"metric": "m"}, "position_x": x, **more}


class Dashboard(NodeTest):
    def call(self, method, path, body=None, tenant="default", wanted=200):
        status, answer, _ = self.node.call(method, path, body, {"X-Tenant-ID": tenant})
        self.assertEqual(status, wanted, (method, path, answer))
        return answer

    def make(self, name="noc", tenant="default", **more):
        return self.call("POST", "/dashboards/", {"name": name, "display_name": "The " + name, **more}, tenant)

    def names(self, query="", tenant="default"):
        return [each["name"] for each in self.call("GET", "/dashboards/" + query, tenant=tenant)["dashboards"]]

    def refused(self, method, path, body, status, *words, tenant="default"):
        answer = self.call(method, path, body, tenant, wanted=status)
        for word in words:
            self.assertIn(word, str(answer["detail"]), answer)
        return answer

    def test_is_made_found_by_id_and_name_and_changed(self):
        made = self.make(widgets=[widget("latency"), widget("loss", 4)], category="network", variables=[{"name": "site", "field": "site"}])
        self.assertEqual((made["version"], made["summary"], made["removed"], made["layout"]), (1, "created", False, {"columns": 12, "rows": 8, "theme": "system"}))
        self.assertEqual([each["width"] for each in made["widgets"]], [4, 4])
        path = "/dashboards/" + made["dashboard_id"]
        self.assertEqual(self.call("GET", path), made)
        self.assertEqual(self.call("GET", "/api/v1/dashboards/noc"), made)
        changed = self.call("PATCH", "/dashboards/noc", {"display_name": "NOC", "favorite": True})
        self.assertEqual((changed["display_name"], changed["favorite"], changed["version"], changed["category"]), ("NOC", True, 2, "network"))
        self.assertEqual(changed["widgets"], made["widgets"])
        self.assertEqual(self.call("PATCH", "/dashboards/noc", {"display_name": "NOC"})["version"], 2, "nothing has changed")
        listed = self.call("GET", "/dashboards/?favorite=true&category=network")["dashboards"]
        self.assertEqual([(each["name"], each["display_name"], each["widget_count"], each["version"]) for each in listed], [("noc", "NOC", 2, 2)])

    def test_has_widgets_that_are_added_changed_moved_and_removed(self):
        self.make()
        added = self.call("POST", "/dashboards/noc/widgets", widget("latency", visualization_config={"unit": "ms"}))
        self.assertEqual((added["version"], added["visualization_config"], added["refresh_interval"]), (2, {"unit": "ms"}, 300))
        self.call("POST", "/dashboards/noc/widgets", widget("loss", 4))
        changed = self.call("PATCH", "/dashboards/noc/widgets/loss", {"name": "lost", "query_config": {"metric": "l", "filters": [1, {"a": None}]}})
        self.assertEqual((changed["name"], changed["query_config"], changed["position_x"]), ("lost", {"metric": "l", "filters": [1, {"a": None}]}, 4))
        self.assertEqual(self.call("GET", "/dashboards/noc/widgets/" + changed["widget_id"]), changed)
        moved = self.call("PUT", "/dashboards/noc/layout", {"positions": [{"widget": "lost", "position_x": 0, "position_y": 3, "width": 12, "height": 2},
                                                                         {"widget": added["widget_id"], "position_x": 1, "position_y": 0, "width": 2, "height": 3}]})
        self.assertEqual([(each["name"], each["position_x"], each["position_y"], each["width"], each["height"]) for each in moved["widgets"]], [("latency", 1, 0, 2, 3), ("lost", 0, 3, 12, 2)])
        self.assertEqual(moved["summary"], "moved widgets latency, lost")
        self.assertEqual(self.call("DELETE", "/dashboards/noc/widgets/latency")["version"], 6)
        self.assertEqual([each["name"] for each in self.call("GET", "/dashboards/noc")["widgets"]], ["lost"])
        self.refused("DELETE", "/dashboards/noc/widgets/latency", None, 404, "latency")

    def test_shows_and_restores_any_version_and_how_it_was_at_a_time(self):
        made = self.make(widgets=[widget("latency")])
        time.sleep(0.01)
        second = self.call("PATCH", "/dashboards/noc", {"category": "b"})
        time.sleep(0.01)
        self.call("DELETE", "/dashboards/noc/widgets/latency")
        versions = self.call("GET", "/dashboards/noc/versions")
        self.assertEqual([(each["version"], each["summary"]) for each in versions["versions"]], [(3, "removed widget latency"), (2, "changed category"), (1, "created")])
        self.assertEqual({each["by"] for each in versions["versions"]}, {made["created_by"]})
        page = self.call("GET", "/dashboards/noc/versions?limit=2")
        self.assertEqual((page["count"], page["total"], page["next_before"]), (2, 3, 2))
        self.assertEqual([each["version"] for each in self.call("GET", f"/dashboards/noc/versions?limit=2&before={page['next_before']}")["versions"]], [1])
        self.assertEqual(self.call("GET", "/dashboards/noc?version=1"), made)
        self.assertEqual(self.call("GET", "/dashboards/noc?at=" + urllib.parse.quote(second["updated_at"])), second)
        self.refused("GET", "/dashboards/noc?at=2020-01-01T00:00:00Z", None, 404, "1 to 3")
        self.refused("GET", "/dashboards/noc?version=4", None, 404, "version 4")
        restored = self.call("POST", "/dashboards/noc/restore", {"version": 1})
        self.assertEqual((restored["version"], restored["widgets"], restored["category"]), (4, made["widgets"], ""))
        self.refused("PATCH", "/dashboards/noc", {"category": "c", "expected_version": 3}, 409, "version 4")
        self.refused("DELETE", "/dashboards/noc?expected_version=3", None, 409, "version 4")
        self.assertEqual(self.call("PATCH", "/dashboards/noc", {"category": "c", "expected_version": 4})["version"], 5)

    def test_is_removed_and_brought_back(self):
        made = self.make(widgets=[widget("latency")])
        path = "/dashboards/" + made["dashboard_id"]
        self.assertEqual(self.call("DELETE", "/dashboards/noc"), {"dashboard_id": made["dashboard_id"], "status": "removed", "version": 2})
        for each in ("/dashboards/noc", path):
            self.refused("GET", each, None, 404)
        self.refused("PATCH", path, {"category": "x"}, 404)
        self.assertEqual((self.names(), self.names("?removed=true")), ([], ["noc"]))
        other = self.make()
        self.refused("POST", path + "/restore", {"version": 1}, 409, "noc")
        self.call("PATCH", "/dashboards/" + other["dashboard_id"], {"name": "other"})
        self.node.kill()
        self.node.start()
        back = self.call("POST", path + "/restore", {"version": 1})
        self.assertEqual((back["widgets"], back["removed"], back["version"]), (made["widgets"], False, 3))
        self.assertEqual((self.names(), self.names("?removed=true")), (["noc", "other"], []))

    def test_is_renamed_and_its_former_name_is_free(self):
        first = self.make("a")
        self.make("b")
        self.refused("PATCH", "/dashboards/a", {"name": "b"}, 409, "named b")
        self.assertEqual(self.call("GET", "/dashboards/a")["version"], 1)
        self.refused("PATCH", "/dashboards/a", {"name": "c", "expected_version": 7}, 409)
        third = self.make("c")  # the name was not used after all
        self.assertEqual(self.call("PATCH", "/dashboards/a", {"name": "z"})["dashboard_id"], first["dashboard_id"])
        again = self.make("a")
        self.assertEqual(len({each["dashboard_id"] for each in (first, third, again)}), 3)
        for name, made in (("z", first), ("a", again), ("c", third)):
            self.assertEqual(self.call("GET", "/dashboards/" + name)["dashboard_id"], made["dashboard_id"], name)
        copy = self.call("POST", "/dashboards/z/duplicate", {"name": "copy of z"})
        self.assertEqual((copy["display_name"], copy["version"]), ("The a", 1))
        self.refused("POST", "/dashboards/z/duplicate", {"name": "b"}, 409, "named b")
        self.assertEqual(self.call("GET", "/dashboards/copy%20of%20z")["name"], "copy of z")

    def test_is_listed_in_pages_that_stay_true(self):
        for number in range(25):
            self.make(f"d{number:02}", category="even" if number % 2 == 0 else "odd")
        seen, query = [], "?limit=10"
        while query:
            page = self.call("GET", "/dashboards/" + query)
            self.assertEqual(page["total"], 25 if not seen else 24)
            seen += [each["name"] for each in page["dashboards"]]
            if len(seen) == 10:
                self.call("DELETE", "/dashboards/d05")
            query = page["next_cursor"] and "?limit=10&cursor=" + urllib.parse.quote(page["next_cursor"])
        self.assertEqual(seen, [f"d{number:02}" for number in range(25)])
        self.assertEqual(self.names("?category=odd&limit=3&offset=1"), ["d03", "d07", "d09"])
        self.assertEqual(self.names("?search=THE%20D1&limit=1"), ["d10"])
        self.refused("GET", "/dashboards/?favorite=yes", None, 422, "one of: false, true")
        self.refused("GET", "/dashboards/?cursor=nonsense", None, 422, "cursor")

    def test_belongs_to_its_tenant_alone(self):
        ours, theirs = self.make("noc", "ours"), self.make("noc", "theirs")
        self.call("PATCH", "/dashboards/noc", {"category": "x"}, "ours")
        self.assertEqual(self.call("GET", "/dashboards/noc", tenant="theirs"), theirs)
        self.refused("GET", "/dashboards/" + ours["dashboard_id"], None, 404, tenant="theirs")
        self.refused("POST", f"/dashboards/{ours['dashboard_id']}/restore", {"version": 1}, 404, tenant="theirs")
        self.assertEqual(self.names(tenant="third"), [])

    def test_refuses_what_is_wrong_and_says_where(self):
        self.make(widgets=[widget("a")])
        at = lambda answer: [each["loc"] for each in answer["detail"]]  # noqa: E731
        self.assertEqual(at(self.refused("POST", "/dashboards/", {"name": "", "widgets": [{"name": "w", "title": "t", "widget_type": "pie"}], "colour": 1}, 422)),
                         [["body", "name"], ["body", "display_name"], ["body", "widgets", 0, "widget_type"], ["body", "colour"]])
        self.refused("POST", "/dashboards/", {"name": "noc", "display_name": "again"}, 409, "named noc")
        self.refused("POST", "/dashboards/", {"name": "x", "display_name": "x", "widgets": [widget("a"), widget("a")]}, 409, "two widgets named a")
        self.make("x")  # what was refused has not taken the name
        self.refused("POST", "/dashboards/noc/widgets", widget("b", 9), 422, "column 13 of a grid of 12")
        self.refused("POST", "/dashboards/noc/widgets", widget("a"), 409, "a")
        self.refused("POST", "/dashboards/noc/widgets", widget("b", query_config=[]), 422, "must be an object")
        self.refused("POST", "/dashboards/noc/widgets", widget("b", query_config={"x": "y" * 65_536}), 422, "65536")
        self.refused("POST", "/dashboards/noc/widgets", widget("b", expected_version="one"), 422, "expected_version")
        self.refused("PATCH", "/dashboards/noc/widgets/a", {"widget": "b"}, 422, "no such field")
        self.refused("PATCH", "/dashboards/noc/widgets/none", {"title": "t"}, 404, "none")
        self.refused("PATCH", "/dashboards/nothing", {"category": "x"}, 404, "nothing")
        self.refused("PUT", "/dashboards/noc/layout", {"positions": []}, 422, "positions")
        self.refused("PUT", "/dashboards/noc/layout", {"positions": [{"widget": "a", "position_x": 0, "position_y": 0, "width": 13, "height": 1}]}, 422, "column 13")
        self.refused("POST", "/dashboards/noc/restore", {"version": 0}, 422, "version")
        self.refused("GET", "/dashboards/noc?version=1&at=2026-01-01T00:00:00Z", None, 422, "only one")
        full = [widget(f"w{number}") for number in range(101)]
        self.refused("PATCH", "/dashboards/noc", {"widgets": full}, 422, "100")
        self.assertEqual(self.call("PATCH", "/dashboards/noc", {"widgets": full[:100]})["version"], 2)
        self.refused("POST", "/dashboards/noc/widgets", widget("more"), 422, "100")

    def test_has_one_name_for_one_dashboard_though_many_ask_for_it_at_once(self):
        outcomes = []

        def make():
            outcomes.append(self.node.call("POST", "/dashboards/", {"name": "noc", "display_name": "x"})[0])

        threads = [threading.Thread(target=make) for _ in range(12)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(sorted(outcomes), [200] + [409] * 11)
        self.assertEqual(self.names(), ["noc"])

    def test_loses_no_edit_that_was_answered_and_makes_none_twice_though_the_node_is_killed(self):
        print("seed", SEED, flush=True)
        chance = random.Random(SEED)
        answered, over = {}, threading.Event()

        def edit(number):
            made, count = None, 0
            while not over.is_set():
                count += 1
                try:
                    if made is None:
                        status, answer, _ = self.node.call("POST", "/dashboards/", {"name": f"d{number}", "display_name": "0"})
                        if status == 409:  # it was made, and the answer was lost with the node
                            status, answer, _ = self.node.call("GET", f"/dashboards/d{number}")
                    else:
                        status, answer, _ = self.node.call("PATCH", "/dashboards/" + made, {"display_name": str(count), "name": f"d{number}-{count % 3}"})
                except (OSError, ValueError):
                    time.sleep(0.02)
                    continue
                if status == 200:
                    made = answer["dashboard_id"]
                    answered[number] = answer
                else:
                    self.assertEqual(status, 503, answer)

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
        for each in threads:
            each.start()
        for _ in range(8):
            time.sleep(chance.uniform(0.1, 0.5))
            self.node.kill()
            self.node.start()
        time.sleep(0.3)
        over.set()
        for each in threads:
            each.join()
        self.node.kill()
        self.node.start()
        self.assertEqual(len(answered), 4)
        listed = {each["dashboard_id"]: each for each in self.call("GET", "/dashboards/")["dashboards"]}
        self.assertEqual(len(listed), 4, listed)
        for answer in answered.values():
            path = "/dashboards/" + answer["dashboard_id"]
            self.assertGreaterEqual(listed[answer["dashboard_id"]]["version"], answer["version"])
            shown = self.call("GET", path)
            self.assertGreaterEqual(shown["version"], answer["version"])
            self.assertEqual(self.call("GET", f"{path}?version={answer['version']}"), answer)
            # An edit that was made and not answered is told to the list when its dashboard starts again.
            until = time.monotonic() + 10
            while (told := self.call("GET", "/dashboards/?search=" + shown["name"])["dashboards"]) and told[0]["version"] != shown["version"] and time.monotonic() < until:
                time.sleep(0.02)
            self.assertEqual([(each["name"], each["version"]) for each in told], [(shown["name"], shown["version"])])
            self.assertEqual(self.call("GET", "/dashboards/" + shown["name"])["dashboard_id"], answer["dashboard_id"])

unittest.main(verbosity=2)
