"""From an empty namespace to a platform that works, closed and small."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from cluster import BASE_URL, HOST, MEASURED, NAMESPACE, ROOT, SERVING, kubectl, objects, until

MEBIBYTE = 1 << 20

# These speak broken HTTP to the standalone edge, whose own words they check; another edge has other words.
OF_THE_STANDALONE_EDGE = ("test_smuggling.py", "test_limits.py", "test_slow_clients.py")
ITS_OWN_WORDS = (
    "test_closed_paths.py::test_another_form_of_request_opens_no_closed_path",
    "test_closed_paths.py::test_a_request_without_one_good_host_is_refused",
    "test_closed_paths.py::test_unusual_methods_open_nothing[CONNECT]",
    "test_replay.py::test_a_malformed_key_is_refused[lines8]",
)


def test_helm_test_logs_in_and_finds_the_network_closed(release):
    said = release.test()
    assert "ok     the token is invalid at once" in said
    assert "is not reachable from this pod" in said


@pytest.mark.usefixtures("release")
def test_every_pod_keeps_the_restricted_standard():
    """The API server itself judges: with the label, it would admit every pod again."""
    kubectl("label", "namespace", "--overwrite", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    try:
        pods = json.dumps({"apiVersion": "v1", "kind": "List", "items": [fresh(pod) for pod in objects("pods")]})
        kubectl("create", "--dry-run=server", "-f", "-", stdin=pods)
    finally:
        kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce-")


def fresh(pod):
    """The pod as someone would create it again, under another name."""
    metadata = {"name": f"{pod['metadata']['name']}-again", "labels": pod["metadata"]["labels"]}
    spec = {key: value for key, value in pod["spec"].items() if key not in {"nodeName", "serviceAccount", "hostname"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@pytest.mark.usefixtures("release")
def test_the_platforms_own_pods_need_little_memory_when_idle():
    """At most 600 MiB together, by the kubelet's own figures; a new pod has none for some seconds."""
    own = until("the kubelet knows every pod's memory", own_memory, within=60)
    summary = ", ".join(f"{component} {size / MEBIBYTE:.0f}" for component, size in own.items())
    MEASURED["idle memory of the platform's own pods, MiB"] = f"{sum(own.values()) / MEBIBYTE:.0f} ({summary})"
    assert sum(own.values()) <= 600 * MEBIBYTE, summary


def own_memory():
    """What the pod of each own component uses, in bytes; None while some figure is missing."""
    used = {}
    for node in objects("nodes"):
        raw = kubectl("get", "--raw", f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary")
        for pod in json.loads(raw)["pods"]:
            used[pod["podRef"]["namespace"], pod["podRef"]["name"]] = pod.get("memory", {}).get("workingSetBytes", 0)
    own = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: used.get((NAMESPACE, pod["metadata"]["name"]), 0)
        for pod in objects("pods", "--field-selector=status.phase=Running")
        if pod["metadata"]["labels"].get("app.kubernetes.io/component") in SERVING
    }
    return own if len(own) >= len(SERVING) and all(own.values()) else None


def test_the_end_to_end_suite_passes_through_the_edge(release):
    assert HOST in BASE_URL, "the suite asks the host of its base URL: set PLATFORM_HOST and BASE_URL to the same"
    password = release.secret("admin", "password")
    command: list[Any] = [
        ROOT / ".venv" / "bin" / "python",
        "-m",
        "pytest",
        ROOT / "tests" / "e2e",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    command += ["--base-url", BASE_URL, "--admin-email", "admin@example.com", "-n", "0"]
    command += [f"--ignore={ROOT / 'tests' / 'e2e' / name}" for name in OF_THE_STANDALONE_EDGE]
    command += [f"--deselect=tests/e2e/{name}" for name in ITS_OWN_WORDS]
    environment = {**os.environ, "E2E_ADMIN_PASSWORD": password}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
