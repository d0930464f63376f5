"""What deploy/ says of the program is true of it: settings and their values, paths and ports of probes, times, metrics of alarms, libraries.

Use: manifests_test.py BINARY
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), HERE]
import manifests  # noqa: E402
import yaml  # noqa: E402
from manifests import DEPLOY, ROOT, compose_nodes, pod_container, pod_settings, read, seconds_to_end, stateful_set  # noqa: E402
from node_process import Node, Postgres  # noqa: E402
from redis_process import Redis  # noqa: E402

BINARY = sys.argv.pop(1)
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, **options)


class Settings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.known = {each["variable"] for each in json.loads(run(BINARY, "settings", "--json").stdout)["settings"]}

    def check(self, given, beside=()):
        """Each is a setting, and the program takes them together."""
        self.assertEqual(set(given) - self.known - set(beside), set())
        outside = {name: value for name, value in os.environ.items() if name not in self.known}
        said = run(BINARY, "make-token", env={**outside, **{"SECRET_KEY": SECRET}, **given})
        self.assertEqual(said.returncode, 0, (given, said.stderr))

    def test_a_wrong_value_would_be_found(self):
        with self.assertRaises(AssertionError):
            self.check({"DRAIN_SECONDS": "3601"})
        with self.assertRaises(AssertionError):
            self.check({"DRAIN_SECOND": "1"})

    def test_of_the_unit(self):
        example = read("deploy", "systemd", "environment.example")
        self.check({**manifests.variables_of(example), "SECRET_KEY": SECRET})
        everything = manifests.variables_of(example, with_comments=True)
        self.assertGreater(len(everything), 15)
        self.check({**everything, "SECRET_KEY": SECRET})
        fixed = re.search(r"^Environment=(.*)$", read("deploy", "systemd", "dotmac-analytics.service"), re.M)[1]
        self.check(dict(each.split("=") for each in fixed.split()))

    def test_of_the_image(self):
        self.check(manifests.image_settings())

    def test_of_compose(self):
        nodes = compose_nodes()
        self.assertEqual(set(nodes), {"node-a", "node-b", "node-c"})
        self.check({**manifests.image_settings(), **manifests.compose_settings("schema")})
        for name, given in nodes.items():
            self.check({**manifests.image_settings(), **given})
            self.assertEqual((given["NODE_ID"], given["PEER_ADVERTISED_HOST"]), (name, name), "the name of its service is the host of its certificate")
        asked = set(re.findall(r"\$\{([A-Z_]+)", read("deploy", "compose", "compose.yaml")))
        self.assertEqual(asked, set(manifests.variables_of(read("deploy", "compose", ".env.example"))))

    def test_of_kubernetes(self):
        self.check({**manifests.image_settings(), **pod_settings()}, beside=["POD_NAMESPACE"])
        self.assertEqual(pod_settings("node-7", "isp")["PEER_ADVERTISED_HOST"], "node-7." + stateful_set()["spec"]["serviceName"] + ".isp.svc")


class Times(unittest.TestCase):
    def test_whoever_ends_a_node_waits_until_it_has_ended(self):
        self.assertEqual(seconds_to_end(), 190)
        unit = read("deploy", "systemd", "dotmac-analytics.service")
        self.assertGreaterEqual(int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)[1]), 60 + seconds_to_end())
        self.assertGreaterEqual(stateful_set()["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], int(pod_settings()["DRAIN_SECONDS"]) + seconds_to_end())
        for name, given in compose_nodes().items():
            grace = re.fullmatch(r"(\d+)m", manifests.compose()["services"][name]["stop_grace_period"])
            self.assertGreaterEqual(60 * int(grace[1]), int(given["DRAIN_SECONDS"]) + seconds_to_end())

    def test_a_node_takes_calls_for_longer_than_a_balancer_needs_to_see_that_it_leaves(self):
        probe = pod_container()["readinessProbe"]
        self.assertGreater(int(pod_settings()["DRAIN_SECONDS"]), probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"])
        inter, fall = re.search(r"default-server check inter (\d+)s fastinter \d+s fall (\d+)", read("deploy", "compose", "haproxy.cfg")).groups()
        self.assertGreater(int(compose_nodes()["node-a"]["DRAIN_SECONDS"]), int(inter) * int(fall) + 1)


class Ports(unittest.TestCase):
    def test_of_kubernetes(self):
        given = pod_settings()
        ports = {each["name"]: each["containerPort"] for each in pod_container()["ports"]}
        self.assertEqual(ports, {"http": int(given["PORT"]), "peers": int(given["PEER_PORT"])})
        services = {each["metadata"]["name"]: each["spec"] for each in manifests.documents("base/services.yaml")}
        self.assertEqual([each["targetPort"] for each in services["dotmac-analytics"]["ports"]], ["http"])
        self.assertEqual([each["targetPort"] for each in services[stateful_set()["spec"]["serviceName"]]["ports"]], ["peers"])
        pod = stateful_set()["spec"]["template"]["metadata"].get("annotations")
        self.assertEqual(pod["prometheus.io/port"], given["PORT"])

    def test_of_kubernetes_select_the_nodes(self):
        labels = stateful_set()["spec"]["selector"]["matchLabels"]
        network, = manifests.documents("base/network.yaml")
        disruption, = manifests.documents("base/disruption.yaml")
        self.assertEqual([network["spec"]["podSelector"]["matchLabels"], disruption["spec"]["selector"]["matchLabels"]], [labels, labels])
        self.assertEqual([each["spec"]["selector"] for each in manifests.documents("base/services.yaml")], [labels, labels])
        self.assertEqual(network["spec"]["ingress"][1], {"ports": [{"protocol": "TCP", "port": "peers"}], "from": [{"podSelector": {"matchLabels": labels}}]})

    def test_of_the_image_and_compose(self):
        image = manifests.image_settings()
        exposed = re.search(r"^EXPOSE (.*)$", read("deploy", "docker", "Dockerfile"), re.M)[1].split()
        self.assertEqual(exposed, [image["PORT"], compose_nodes()["node-a"]["PEER_PORT"]])
        balanced = re.findall(r"^  server (\S+) (\S+):(\d+)$", read("deploy", "compose", "haproxy.cfg"), re.M)
        self.assertEqual(balanced, [(name, name, image["PORT"]) for name in compose_nodes()])


class RunningNode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="dotmac-manifests-")
        cls.postgres, cls.redis = Postgres(), Redis()
        cls.node = Node(BINARY, cls.folder, cls.postgres.url(), CLUSTER_NAME="manifests", NODE_ID="one", REDIS_URL=cls.redis.url())
        cls.node.start()
        assert cls.node.call("POST", "/events/track", {"event_type": "a", "event_name": "b"})[0] == 200  # actors of every kind that alarms name

    @classmethod
    def tearDownClass(cls):
        cls.node.kill()
        cls.redis.close()
        cls.postgres.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def test_has_the_paths_of_probes(self):
        paths = self.node.call("GET", "/openapi.json")[1]["paths"]
        asked = {pod_container()[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        asked |= set(re.findall(r"httpchk GET (\S+)", read("deploy", "compose", "haproxy.cfg")))
        self.assertEqual(asked, {"/health/live", "/health/ready"})
        for path in asked:
            self.assertIn("get", paths[path])
            self.assertEqual(self.node.call("GET", path)[0], 200)
        self.assertEqual(self.node.call("GET", stateful_set()["spec"]["template"]["metadata"]["annotations"]["prometheus.io/path"])[0], 200)

    def test_is_healthy_for_the_images_check_while_it_is_ready(self):
        command = json.loads(re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", read("deploy", "docker", "Dockerfile"), re.M)[1])
        os.makedirs(self.folder + "/bin", exist_ok=True)
        os.path.exists(self.folder + "/bin/dotmac-analytics") or os.symlink(os.path.abspath(BINARY), self.folder + "/bin/dotmac-analytics")
        for port, wanted in ((self.node.port, 0), (1, 1)):
            ended = run(*command, env={**os.environ, "PATH": self.folder + "/bin:" + os.environ["PATH"], "PORT": str(port)})
            self.assertEqual(ended.returncode, wanted, ended.stderr)

    def test_has_the_metrics_of_alarms(self):
        page = self.node.call("GET", "/metrics")[1].decode()
        has = set(re.findall(r"^(dotmac_\w+)", page, re.M))
        rules = [rule for group in yaml.safe_load(read("deploy", "prometheus", "alerts.yaml"))["groups"] for rule in group["rules"]]
        for rule in rules:
            names = set(re.findall(r"dotmac_\w+", rule["expr"]))
            self.assertTrue(names or rule["expr"].startswith("up{"), rule)
            self.assertLessEqual(names, has, rule["alert"])
            self.assertLessEqual(set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])), {"instance", "job", "kind"})
        self.assertGreater(len(rules), 10)
        explained = re.findall(r"^\| `(Dotmac\w+)` \|", read("docs", "operations.md"), re.M)
        self.assertEqual(explained, [rule["alert"] for rule in rules], "docs/operations.md has a line for each, in their order")


class Rendered(unittest.TestCase):
    def test_by_kustomize(self):
        if not shutil.which("kubectl"):
            self.skipTest("there is no kubectl: that the Kubernetes base renders was NOT checked")
        shown = run("kubectl", "kustomize", os.path.join(DEPLOY, "kubernetes", "base"))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        made = list(yaml.safe_load_all(shown.stdout))
        self.assertEqual(sorted(each["kind"] for each in made), ["ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Service", "Service", "StatefulSet"])
        settings = next(each for each in made if each["kind"] == "ConfigMap")
        pod = next(each for each in made if each["kind"] == "StatefulSet")["spec"]["template"]["spec"]
        for container in pod["initContainers"] + pod["containers"]:
            self.assertIn({"configMapRef": {"name": settings["metadata"]["name"]}}, container["envFrom"])
            self.assertIn({"secretRef": {"name": manifests.documents("examples/secret.yaml")[0]["metadata"]["name"]}}, container["envFrom"])
        certificate = manifests.documents("examples/certificate.yaml")[-1]
        self.assertIn(certificate["spec"]["secretName"], [each.get("secret", {}).get("secretName") for each in pod["volumes"]])

    def test_by_haproxy(self):
        if not shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin"):
            self.skipTest("there is no haproxy: that it takes haproxy.cfg was NOT checked")
        checked = run("haproxy", "-c", "-f", os.path.join(DEPLOY, "compose", "haproxy.cfg"), env={"PATH": os.environ["PATH"] + ":/usr/sbin"})
        self.assertEqual(checked.returncode, 0, checked.stderr)


class Libraries(unittest.TestCase):
    def test_of_the_program_are_the_packages_of_a_machine_that_runs_it(self):
        if "DOTMAC_TEST_SANITIZED" in os.environ:
            self.skipTest("a sanitizer's build has libraries of its own")
        declared = set(re.search(r"runtime_packages=\((.*?)\)", read("scripts", "packages.sh"), re.S)[1].split()) - {"ca-certificates", "tzdata"}
        needed = re.findall(r"NEEDED\s+Shared library: \[(.*)\]|\(NEEDED\).*\[(.*)\]", run("readelf", "--dynamic", BINARY).stdout)
        paths = dict(re.findall(r"^\s*(\S+) => (\S+)", run("ldd", BINARY).stdout, re.M))
        packages = set()
        for name in (one or other for one, other in needed):
            if not re.match(r"lib(c|m|gcc_s|stdc\+\+)\.so|ld-", name):  # these are on every machine
                path = os.path.realpath(paths[name])
                found = run("dpkg-query", "--search", path).stdout or run("dpkg-query", "--search", path.removeprefix("/usr")).stdout
                packages.add(found.split(":")[0])
        self.assertEqual(packages, declared)


if __name__ == "__main__":
    assert os.path.isdir(ROOT)
    unittest.main(verbosity=2)
