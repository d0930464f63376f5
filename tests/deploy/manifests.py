"""What stands in deploy/, read for tests: settings with their values, wherever they are given."""

import os
import re
import sys

sys.path.append("/usr/lib/python3/dist-packages")  # of Debian's python3-yaml, where another Python comes first on the path
import yaml  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
DEPLOY = os.path.join(ROOT, "deploy")


def read(*names):
    with open(os.path.join(ROOT, *names), encoding="utf-8") as file:
        return file.read()


def documents(name):
    return [each for each in yaml.safe_load_all(read("deploy", "kubernetes", name)) if each]


def variables_of(text, with_comments=False):
    """NAME=VALUE lines; with_comments: those too that are commented out."""
    return dict(re.findall(rf"^{'#?' if with_comments else ''}([A-Z_]+)=(.*)$", text, re.M))


def compose():
    return yaml.safe_load(read("deploy", "compose", "compose.yaml"))


def compose_settings(service):
    """With what .env would give."""
    return {name: re.sub(r"\$\{[^}]*\}", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", value) for name, value in compose()["services"][service]["environment"].items()}


def compose_nodes():
    return {name: compose_settings(name) for name in compose()["services"] if name.startswith("node-")}


def image_settings():
    """ENV of the image."""
    return dict(each.split("=", 1) for each in re.search(r"^ENV (.*)$", read("deploy", "docker", "Dockerfile"), re.M)[1].split())


def stateful_set():
    return documents("base/nodes.yaml")[0]


def pod_container():
    return stateful_set()["spec"]["template"]["spec"]["containers"][0]


def pod_settings(pod="dotmac-analytics-0", namespace="analytics"):
    """Of a pod of this name: the settings file, then its own; secrets are made up."""
    given = variables_of(read("deploy", "kubernetes", "base", "settings.env"))
    for name in variables_of(re.sub(r": *\"\"", "=", read("deploy", "kubernetes", "examples", "secret.yaml")).replace("  ", ""), with_comments=True):
        given[name] = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" if name == "SECRET_KEY" else "postgresql://u@h/d" if name == "DATABASE_URL" else "redis://h"
    fields = {"metadata.name": pod, "metadata.namespace": namespace}
    for each in pod_container()["env"]:
        value = fields[each["valueFrom"]["fieldRef"]["fieldPath"]] if "valueFrom" in each else each["value"]
        given[each["name"]] = re.sub(r"\$\((\w+)\)", lambda used: given[used[1]], value)
    return given


def seconds_declared(name, file):
    """A limit of the program, from the line that declares it."""
    number, unit = re.search(rf"(milliseconds|seconds) {name}\{{([\d']+)\}}", read(file)).group(2, 1)
    return int(number.replace("'", "")) / (1 if unit == "seconds" else 1000)


def seconds_to_end():
    """At most, behind DRAIN_SECONDS: shards are handed over, calls finish, actors write their snapshots."""
    return (seconds_declared("leave_within", "cluster/node_agent.hpp") + seconds_declared("drain_within", "runtime/node/node.cpp") +
            seconds_declared("stop_actors_within", "runtime/node/node.cpp"))
