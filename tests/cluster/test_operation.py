"""A release in use: changed under load, rolled back, hurt, removed and brought back."""

from __future__ import annotations

import json
import re
import shutil
import uuid

import httpx2
import pytest
from cluster import (
    BASE_URL,
    CHART,
    HOST,
    MEASURED,
    PATIENCE,
    RELEASE,
    SERVING,
    kubectl,
    objects,
    pods,
    until,
)
from load import Load

STORES = ("postgres", "redis-sessions", "redis-idempotency")


def new_client():
    return httpx2.Client(base_url=BASE_URL, headers={"Host": HOST}, timeout=15)


@pytest.mark.without_others
def test_an_upgrade_that_changes_every_pod_loses_no_request(release, log_in):
    """Reads of every component and keyed writes at 50 requests a second; none is sent again."""
    headers, member = log_in()
    own = f"/api/members/{member['id']}"
    reads = (own, "/", "/api/shop/products?limit=5", "/auth/sessions")
    # a page comes also while a service is unavailable, and says so
    without_pods = []
    before = {component: pods(component) for component in SERVING}

    def send(client, number):
        if number % 5:
            response = client.get(reads[number % 5 - 1], headers=headers)
            if 'class="unavailable"' in response.text or "notice-warning" in response.text:
                without_pods.append(number)
            return response
        keyed = {**headers, "X-Idempotency-Key": str(uuid.uuid4())}
        return client.patch(own, headers=keyed, json={"display_name": f"Administrator {number}"})

    mark = uuid.uuid4().hex
    changes = [f"{component}.podAnnotations.mark={mark}" for component in (*SERVING[:-1], "gateway.standalone")]
    with Load(send, new_client) as load:
        until("the load runs", lambda: load.sent > 100)
        release.install(*changes)
        after = load.sent
        until("the load goes on", lambda: load.sent > after + 500)
    MEASURED["an upgrade under 50 requests a second"] = f"{load.sent} sent, {len(load.failures)} failed"
    assert load.failures == []
    assert without_pods == []
    assert set(load.outcomes) == {"200"}
    assert load.sent > 1000
    assert {component: pods(component) & names for component, names in before.items()} == {
        component: set() for component in SERVING
    }


def everything_running():
    return {component: pods(component) for component in (*SERVING, *STORES)}


def test_an_upgrade_that_changes_nothing_restarts_nothing(release):
    release.install()  # what the test before this one set is gone
    for component in SERVING:
        kubectl("rollout", "status", f"deployment/{RELEASE}-{component}", f"--timeout={PATIENCE}s")
    before = everything_running()
    release.install()
    assert everything_running() == before


def test_a_new_chart_version_alone_restarts_nothing(release, tmp_path):
    before = everything_running()
    shutil.copytree(CHART, tmp_path / "chart")
    description = tmp_path / "chart" / "Chart.yaml"
    newer = re.sub(r"(?m)^version: .*$", 'version: "9.9.9"', description.read_text(encoding="utf-8"))
    description.write_text(newer, encoding="utf-8")
    try:
        release.chart = tmp_path / "chart"
        release.install()
    finally:
        release.chart = CHART
    assert everything_running() == before


def test_a_rollback_works_and_brings_no_old_signing_key_back(release, works, client):
    """The ring is part of no revision: what rotates between two revisions stays rotated."""
    before = release.revision()
    release.install("auth.podAnnotations.mark=rotated")
    ring = json.loads(kubectl("get", "secret", f"{RELEASE}-auth-keys", "-o", "json"))["data"]
    rotated = {"current.pem": ring["next.pem"], "next.pem": ring["current.pem"]}
    kubectl("patch", "secret", f"{RELEASE}-auth-keys", "--patch", json.dumps({"data": rotated}))
    try:
        release.rollback(before)
        now = json.loads(kubectl("get", "secret", f"{RELEASE}-auth-keys", "-o", "json"))["data"]
        assert now == {**ring, **rotated}
        until("log-in works after the rollback", works)
        assert client.get("/.well-known/jwks.json").status_code == 200
    finally:
        kubectl("patch", "secret", f"{RELEASE}-auth-keys", "--patch", json.dumps({"data": ring}))


@pytest.mark.parametrize("component", [*SERVING, *STORES])
def test_a_killed_pod_is_replaced_and_the_platform_works_again(release, log_in, works, component):
    headers, member = log_in()
    (name,) = pods(component)
    kubectl("delete", "pod", name, "--grace-period=0", "--force")
    until(f"{component} has another pod", lambda: pods(component) and ready(component))
    until("the platform works again", works)
    with new_client() as client:
        response = client.get(f"/api/members/{member['id']}", headers=headers)
    assert response.status_code == 200, "the session was lost"
    assert release.secret("admin", "password")


def ready(component):
    """Tell whether every pod of a component is ready."""
    selector = f"app.kubernetes.io/component={component},!probe"
    found = objects("pods", "-l", selector)
    return found and all(
        condition["status"] == "True"
        for pod in found
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready"
    )


def test_what_is_kept_is_there_after_uninstalling(release, log_in, works):
    """Accounts, sessions, keys and secrets outlive the release; a token from before is good after."""
    headers, member = log_in()
    release.uninstall()
    # the pod of `helm test` has ended, and stays for anyone who reads its log
    running = ("-l", "app.kubernetes.io/part-of=member-platform,!probe", "--field-selector=status.phase!=Succeeded")
    until("every pod is gone", lambda: not objects("pods", *running))
    assert {item["metadata"]["name"] for item in objects("secrets")} >= {f"{RELEASE}-auth-keys", f"{RELEASE}-postgres"}
    release.install(timeout=90)
    until("the platform works again", works)
    with new_client() as client:
        assert client.get(f"/api/members/{member['id']}", headers=headers).status_code == 200
