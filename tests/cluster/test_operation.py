"""A release in use: changed under load, rolled back, hurt, removed and brought back."""

from __future__ import annotations

import base64
import json
import uuid

import httpx2
import pytest
from cluster import BASE_URL, HOST, RELEASE, CommandFailed, kubectl, objects, until
from load import Load

SERVICES = ("member", "auth", "gateway")
STORES = ("postgres", "redis")


def new_client():
    return httpx2.Client(base_url=BASE_URL, headers={"Host": HOST}, timeout=15)


def works(log_in):
    """Tell whether a log-in and a request with its token succeed."""
    try:
        headers, member = log_in()
        with new_client() as client:
            return client.get(f"/api/members/{member['id']}", headers=headers).status_code == 200
    except (AssertionError, httpx2.HTTPError):
        return False


def pods(part):
    """The names of a part's pods that are not on their way out."""
    selector = f"app.kubernetes.io/component={part},!probe"
    return {p["metadata"]["name"] for p in objects("pods", "-l", selector) if "deletionTimestamp" not in p["metadata"]}


def test_an_upgrade_that_changes_every_pod_loses_no_request(release, log_in):
    """Reads and keyed writes at 50 requests a second; none is sent again."""
    headers, member = log_in()
    own = f"/api/members/{member['id']}"
    before = {part: pods(part) for part in SERVICES}

    def send(client, number):
        if number % 5:
            return client.get(own, headers=headers)
        keyed = {**headers, "X-Idempotency-Key": str(uuid.uuid4())}
        return client.patch(own, headers=keyed, json={"display_name": f"Administrator {number}"})

    mark = uuid.uuid4().hex
    changes = [f"{part}.podAnnotations.mark={mark}" for part in ("member", "auth", "gateway.standalone")]
    with Load(send, new_client) as load:
        until("the load runs", lambda: load.sent > 100)
        release.install(*changes)
        after = load.sent
        until("the load goes on", lambda: load.sent > after + 500)
    assert load.failures == []
    assert set(load.outcomes) == {"200"}
    assert load.sent > 1000
    assert {part: pods(part) & names for part, names in before.items()} == {part: set() for part in SERVICES}


def test_a_rollback_works_and_brings_no_old_signing_key_back(release, log_in, client):
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
        until("log-in works after the rollback", lambda: works(log_in))
        assert client.get("/.well-known/jwks.json").status_code == 200
    finally:
        kubectl("patch", "secret", f"{RELEASE}-auth-keys", "--patch", json.dumps({"data": ring}))


@pytest.mark.parametrize("part", [*SERVICES, *STORES])
def test_a_killed_pod_is_replaced_and_the_platform_works_again(release, log_in, part):
    headers, member = log_in()
    (name,) = pods(part)
    kubectl("delete", "pod", name, "--grace-period=0", "--force")
    until(f"{part} has another pod", lambda: pods(part) and ready(part))
    until("the platform works again", lambda: works(log_in))
    with new_client() as client:
        answer = client.get(f"/api/members/{member['id']}", headers=headers)
    assert answer.status_code == 200, "the session was lost"
    assert release.secret("admin", "password")


def ready(part):
    """Tell whether every pod of a part is ready."""
    selector = f"app.kubernetes.io/component={part},!probe"
    found = objects("pods", "-l", selector)
    return found and all(
        condition["status"] == "True"
        for pod in found
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready"
    )


def test_a_failed_migration_leaves_the_old_pods_serving(release, log_in):
    """The next revision's Job cannot reach its database, and its pods wait for tables that never come."""
    good = json.loads(kubectl("get", "secret", f"{RELEASE}-member-database", "-o", "json"))["data"]
    before = release.revision()
    kubectl("create", "-f", "-", stdin=json.dumps(broken_database(good)))
    serving = pods("member")
    try:
        with pytest.raises(CommandFailed):
            release.install("member.database.existingSecret=broken-database", timeout=30)
        assert works(log_in)
        assert serving <= pods("member")
        waiting = pods("member") - serving
        assert waiting
        for name in waiting:
            assert "Waiting: The database of MEMBER_DATABASE_URL" in kubectl("logs", name, "-c", "tables")
    finally:
        release.rollback(before)
        kubectl("delete", "secret", "broken-database")
    assert works(log_in)


def broken_database(good):
    """A database that is not there, on the server that is."""
    urls = {key: base64.b64decode(good[key]).decode() + "_elsewhere" for key in ("url", "migration-url")}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "broken-database"}, "stringData": urls}


def test_what_is_kept_is_there_after_uninstalling(release, log_in):
    """Accounts, sessions, keys and secrets outlive the release; a token from before is good after."""
    headers, member = log_in()
    release.uninstall()
    until("every pod is gone", lambda: not objects("pods", "-l", "app.kubernetes.io/part-of=member-platform,!probe"))
    assert {item["metadata"]["name"] for item in objects("secrets")} >= {f"{RELEASE}-auth-keys", f"{RELEASE}-postgres"}
    release.install(timeout=90)
    until("the platform works again", lambda: works(log_in))
    with new_client() as client:
        assert client.get(f"/api/members/{member['id']}", headers=headers).status_code == 200
