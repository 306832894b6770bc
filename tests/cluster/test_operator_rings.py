"""Rings of signing keys on a real API server: made, turned, replaced, left alone; also by two operators at once."""

from __future__ import annotations

import base64
import json
import uuid

import pytest
from api_proxy import ApiProxy
from cluster import NAMESPACE, CommandFailed, kubectl, until
from operator_api import Api
from operator_process import OperatorProcess, prepared

PLATFORM = f"{NAMESPACE}-rings"
RINGS = f"/apis/memberplatform.dev/v1alpha1/namespaces/{PLATFORM}/signingkeyrings"
SECRETS = f"/api/v1/namespaces/{PLATFORM}/secrets"


@pytest.fixture(scope="module")
def api(alone, door):  # noqa: ARG001 (it has to be there)
    kubectl("delete", "namespace", PLATFORM, "--ignore-not-found", "--wait")
    kubectl("create", "namespace", PLATFORM)
    api = Api(door)
    yield api
    api.close()
    kubectl("delete", "namespace", PLATFORM, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="module")
def operators(api, tmp_path_factory):
    """Two operators of one platform, which is one too many."""
    platform_config = prepared(PLATFORM, "edge.ingressClassName=nobodys")
    made = [
        OperatorProcess(tmp_path_factory.mktemp("operator"), platform_config, ApiProxy(api.address)) for _ in range(2)
    ]
    for operator in made:
        operator.start()
    yield made
    for operator in made:
        assert operator.stop() == 0, operator.log()[-2000:]
        operator.proxy.close()


@pytest.fixture
def ring(api, operators):
    """A ring that turns on request, at once; its name is its Secret's."""
    assert operators
    name = f"ring-{uuid.uuid4().hex[:8]}"
    api.apply(RINGS, ring_body(name, rotationInterval="24h", prePublish="1s"))
    until("it is made", lambda: keys(api, name), within=30, pause=0.1)
    return name


def ring_body(name, **spec):
    return {
        "apiVersion": "memberplatform.dev/v1alpha1",
        "kind": "SigningKeyRing",
        "metadata": {"name": name, "namespace": PLATFORM},
        "spec": {"secretName": name, **spec},
    }


def files(api, name):
    secret = api.get(f"{SECRETS}/{name}")
    return {key: base64.b64decode(value) for key, value in secret["data"].items()} if secret else {}


def status(api, name):
    return api.get(f"{RINGS}/{name}").get("status") or {}


def keys(api, name):
    """The ring's keys by state, from its status."""
    found = {}
    for key in status(api, name).get("keys", ()):
        found.setdefault(key["state"], []).append(key["kid"])
    return found


def ask(api, name, what, value):
    api.merge(f"{RINGS}/{name}", {"metadata": {"annotations": {f"memberplatform.dev/{what}": value}}})


def ready(api, name):
    return {item["type"]: item["reason"] for item in status(api, name).get("conditions", ())}.get("Ready")


def test_a_ring_is_made_where_there_is_none(api, ring):
    assert set(files(api, ring)) == {"current.pem", "next.pem"}
    assert ready(api, ring) == "RotationScheduled"
    assert "PRIVATE" not in json.dumps(api.get(f"{RINGS}/{ring}"))


def test_two_operators_turn_a_ring_once_a_request(api, ring):
    before = keys(api, ring)
    upcoming = before["next"]
    for number in range(1, 6):
        ask(api, ring, "rotate", f"request-{number}")
        until("the next key signs", lambda: keys(api, ring)["current"] == upcoming, within=30, pause=0.1)  # noqa: B023
        found = keys(api, ring)
        assert len(found["retired"]) == number
        upcoming = found["next"]
    assert before["current"][0] in keys(api, ring)["retired"]
    assert len(files(api, ring)) == 7


def test_an_emergency_leaves_no_old_key(api, ring):
    before = files(api, ring)
    ask(api, ring, "revoke", "now")
    until("every key is another one", lambda: not set(files(api, ring).values()) & set(before.values()), within=30)
    until("the status says so", lambda: "retired" not in keys(api, ring), within=30)
    assert set(files(api, ring)) == {"current.pem", "next.pem", "sessions-until"}


def test_a_ring_turns_on_schedule(api, operators):
    assert operators
    name = f"ring-{uuid.uuid4().hex[:8]}"
    api.apply(RINGS, ring_body(name, rotationInterval="3s", prePublish="2s"))
    until("it has turned twice", lambda: len(keys(api, name).get("retired", ())) >= 2, within=60, pause=0.2)
    assert status(api, name)["nextRotationTime"] > status(api, name)["lastRotationTime"]


def test_a_ring_of_the_bootstrap_job_is_taken_over_as_it_is(api, ring):
    other = f"{ring}-other"
    data = api.get(f"{SECRETS}/{ring}")["data"]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": other}, "data": data}
    kubectl("create", "-f", "-", namespace=PLATFORM, stdin=json.dumps(secret))
    api.apply(RINGS, ring_body(other))
    until("it is taken over", lambda: ready(api, other) == "RotationScheduled", within=30, pause=0.1)
    assert files(api, other) == files(api, ring)
    assert keys(api, other) == keys(api, ring)


def test_what_is_no_ring_is_left_alone_and_said(api, operators):
    assert operators
    name = f"ring-{uuid.uuid4().hex[:8]}"
    kubectl("create", "secret", "generic", name, "--from-literal=current.pem=nonsense", namespace=PLATFORM)
    api.apply(RINGS, ring_body(name))
    until("it is said", lambda: ready(api, name) == "InvalidSecret", within=30, pause=0.1)
    assert files(api, name) == {"current.pem": b"nonsense"}


def test_the_secret_outlives_the_ring(api, ring):
    api.delete(f"{RINGS}/{ring}")
    until("it is gone", lambda: api.get(f"{RINGS}/{ring}") is None, within=30, pause=0.1)
    assert set(files(api, ring)) == {"current.pem", "next.pem"}


def test_a_ring_keeps_its_secret(api, ring):
    response = api.client.patch(
        f"{RINGS}/{ring}",
        headers={"Content-Type": "application/merge-patch+json"},
        content=json.dumps({"spec": {"secretName": "another"}}),
    )
    assert response.status_code == 422
    assert "is immutable" in response.text


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"rotationInterval": "1d"}, "must be a duration such as 720h, 10m or 1h30m"),
        ({"rotationInterval": "0s"}, "must be between 1s and 17520h"),
        ({"rotationInterval": "5m", "prePublish": "10m"}, "must be at least as long as prePublish"),
        ({"rotateSeconds": 60}, "unknown field"),
    ],
)
def test_a_wrong_schedule_is_rejected(operators, spec, message):
    assert operators
    body = json.dumps(ring_body("wrong", **spec))
    with pytest.raises(CommandFailed, match=message):
        kubectl("create", "--validate=strict", "--dry-run=server", "-f", "-", namespace=PLATFORM, stdin=body)
