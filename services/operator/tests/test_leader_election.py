"""Leader election by kopf's rule, and the resync before an operator becomes the leader. The API server is a mock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from kmock import RawHandler
from kubernetes.aio.client import Configuration

from platform_operator import metrics
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.connection import connected
from platform_operator.kube.errors import ApiError
from platform_operator.leader_election import LeaderElector, Peer, higher_priority_peers

pytestmark = pytest.mark.kmock(cls=RawHandler)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
OWN = Peer("platform-operator", "pod-b", 100)
PATH = "/apis/kopf.dev/v1/clusterkopfpeerings/platform-operator"


def record(priority, seen=NOW, lifetime=60):
    """A peer's record as kopf writes it."""
    return {"priority": priority, "lastseen": seen.isoformat(), "lifetime": lifetime}


@pytest.fixture
def resynced():
    return []


@pytest.fixture
async def elector(kmock, resynced):
    async with connected(Configuration(host=str(kmock.url).rstrip("/"))) as connection:

        async def resume():
            resynced.append("all")

        yield LeaderElector(Cluster(connection), OWN, resume, lambda: NOW)


def respond(kmock, status):
    kmock[PATH] << {"kind": "ClusterKopfPeering", "metadata": {"name": "platform-operator"}, "status": status}


@pytest.mark.parametrize(
    ("status", "leaders"),
    [
        ({}, []),
        ({"pod-b": record(100)}, []),
        ({"pod-a": record(99)}, []),
        ({"pod-c": record(101)}, ["pod-c"]),
        ({"pod-c": record(101), "pod-a": record(100)}, ["pod-a", "pod-c"]),
        ({"pod-b": record(101)}, []),
        ({"pod-c": record(101, NOW - timedelta(seconds=60))}, []),
        ({"pod-c": record(101, NOW - timedelta(seconds=59))}, ["pod-c"]),
        ({"pod-c": {**record(101), "lastseen": "2026-05-04T11:59:30"}}, ["pod-c"]),
        ({"pod-c": "nonsense", "pod-d": {"priority": 200}, "pod-e": {**record(200), "lastseen": "soon"}}, []),
    ],
)
def test_live_peers_of_a_higher_priority_lead(status, leaders):
    assert higher_priority_peers(status, OWN, NOW) == leaders


def test_a_later_start_has_the_higher_priority():
    first = Peer("platform-operator", "pod-a")
    time.sleep(0.001)
    assert Peer("platform-operator", "pod-b").priority > first.priority


async def test_a_single_operator_leads(kmock, elector):
    respond(kmock, {"pod-b": record(100)})
    await elector.poll()
    assert elector.is_leader.is_set()
    assert metrics.leader._value.get() == 1


async def test_it_waits_for_a_peer_that_started_later(kmock, elector, resynced):
    respond(kmock, {"pod-c": record(101)})
    await elector.poll()
    assert not elector.is_leader.is_set()
    assert metrics.leader._value.get() == 0
    assert resynced == []


async def test_it_resyncs_and_leads_again_once_the_later_peer_has_expired(kmock, elector, resynced):
    elector.is_leader.clear()
    respond(kmock, {"pod-c": record(101, NOW - timedelta(seconds=61))})
    await elector.poll()
    assert elector.is_leader.is_set()
    assert resynced == ["all"]


async def test_an_error_of_the_api_server_changes_nothing(kmock, elector, resynced):
    kmock[PATH] << 503 << {"kind": "Status", "message": "no", "code": 503}
    for led in (True, False):
        (elector.is_leader.set if led else elector.is_leader.clear)()
        with pytest.raises(ApiError):
            await elector.poll()
        assert elector.is_leader.is_set() == led
    assert resynced == []


async def test_it_does_not_lead_while_the_resync_fails(kmock, elector, monkeypatch):
    async def unavailable():
        raise ApiError(0, "no response")

    monkeypatch.setattr(elector, "_resume", unavailable)
    elector.is_leader.clear()
    respond(kmock, {})
    with pytest.raises(ApiError):
        await elector.poll()
    assert not elector.is_leader.is_set()


async def test_without_the_peering_object_it_leads_and_warns_once(kmock, elector):
    kmock[PATH] << 404 << {"kind": "Status", "message": "no", "code": 404}
    with structlog.testing.capture_logs() as logs:
        await elector.poll()
        await elector.poll()
    assert elector.is_leader.is_set()
    assert [line["error"] for line in logs if line["event"] == "peering_missing"] == [
        "The ClusterKopfPeering platform-operator does not exist: running without leader election."
    ]
