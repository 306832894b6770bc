"""Two operators that know of each other: the later one works, the other one waits and goes on when it is alone."""

from __future__ import annotations

import json
import uuid

import pytest
from api_proxy import ApiProxy
from cluster import NAMESPACE, kubectl, until
from operator_api import Api
from operator_process import OperatorProcess, prepared

PLATFORM = PEERING = f"{NAMESPACE}-peers"
RINGS = f"/apis/memberplatform.dev/v1alpha1/namespaces/{PLATFORM}/signingkeyrings"
SECRETS = f"/api/v1/namespaces/{PLATFORM}/secrets"
# After so long without a sign of life a peer counts as gone (seconds), and after so long at the most that is seen.
LIFETIME, SEEN = 60, 15


@pytest.fixture(scope="module")
def api(alone, door):  # noqa: ARG001 (it has to be there)
    kubectl("delete", "namespace", PLATFORM, "--ignore-not-found", "--wait")
    kubectl("create", "namespace", PLATFORM)
    peering = {"apiVersion": "kopf.dev/v1", "kind": "ClusterKopfPeering", "metadata": {"name": PEERING}}
    kubectl("delete", "clusterkopfpeering", PEERING, "--ignore-not-found")
    kubectl("create", "-f", "-", stdin=json.dumps(peering))
    api = Api(door)
    yield api
    api.close()
    kubectl("delete", "clusterkopfpeering", PEERING)
    kubectl("delete", "namespace", PLATFORM, "--ignore-not-found", "--wait=false")


@pytest.fixture
def start(api, tmp_path_factory):
    """Start one more operator of the platform."""
    platform_config, made = prepared(PLATFORM, "edge.ingressClassName=nobodys"), []

    def start():
        proxy = ApiProxy(api.address)
        made.append(OperatorProcess(tmp_path_factory.mktemp("operator"), platform_config, proxy, peering=PEERING))
        made[-1].start()
        return made[-1]

    yield start
    for operator in made:
        if not operator.is_ended:
            assert operator.stop() == 0, operator.log()[-2000:]
        operator.proxy.close()


def ask_for_ring(api):
    """Ask for a ring, and return its name and its Secret's."""
    name = f"ring-{uuid.uuid4().hex[:8]}"
    body = {
        "apiVersion": "memberplatform.dev/v1alpha1",
        "kind": "SigningKeyRing",
        "metadata": {"name": name, "namespace": PLATFORM},
        "spec": {"secretName": name},
    }
    api.apply(RINGS, body)
    return name


def is_made(api, name):
    return api.get(f"{SECRETS}/{name}") is not None


def work_of(operator):
    """What it has written, but for its own record among the peers."""
    return [write for write in operator.proxy.writes if "clusterkopfpeerings" not in write]


def test_the_later_one_works_and_the_other_goes_on_when_it_is_alone_again(api, start):
    first = start()
    assert first.leads()
    second = start()
    until("the first one waits", lambda: not first.leads(), within=SEEN)
    assert second.leads()

    first.proxy.forget()
    ring = ask_for_ring(api)
    until("the second one makes the ring", lambda: is_made(api, ring), within=SEEN)
    assert work_of(second)
    assert work_of(first) == []

    # what cannot take its leave is waited for; what was asked for meanwhile is then learned and done
    second.kill()
    missed = ask_for_ring(api)
    until("the first one leads again", first.leads, within=LIFETIME + SEEN)
    until("the first one makes what was missed", lambda: is_made(api, missed), within=SEEN)


def test_a_successor_of_one_that_was_killed_waits_for_nothing(api, start):
    start().kill()
    second = start()
    ring = ask_for_ring(api)
    until("the ring is made", lambda: is_made(api, ring), within=SEEN)
    assert second.leads()


def test_one_that_takes_its_leave_is_not_waited_for(api, start):
    first = start()
    second = start()
    until("the first one waits", lambda: not first.leads(), within=SEEN)
    assert second.stop() == 0
    until("the first one leads again", first.leads, within=SEEN)
    ring = ask_for_ring(api)
    until("the ring is made", lambda: is_made(api, ring), within=SEEN)


def test_without_the_peering_it_works_as_if_alone_and_says_so(api, start):
    body = {"apiVersion": "kopf.dev/v1", "kind": "ClusterKopfPeering", "metadata": {"name": PEERING}}
    kubectl("delete", "clusterkopfpeering", PEERING)
    try:
        operator = start()
        assert operator.leads()
        ring = ask_for_ring(api)
        until("the ring is made", lambda: is_made(api, ring), within=SEEN)
        assert operator.log().count(f"The ClusterKopfPeering {PEERING} does not exist") == 1
    finally:
        kubectl("create", "-f", "-", stdin=json.dumps(body))
