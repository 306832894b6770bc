"""Peers: who leads, by kopf's rule, and what is learned before the work goes on. The API server is a mock."""

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
from platform_operator.kube.faults import ApiFault
from platform_operator.peers import Peer, Peers, find_leaders

pytestmark = pytest.mark.kmock(cls=RawHandler)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
OWN = Peer("platform-operator", "pod-b", 100)
PATH = "/apis/kopf.dev/v1/clusterkopfpeerings/platform-operator"


def told(priority, seen=NOW, lifetime=60):
    """A peer as kopf writes it."""
    return {"priority": priority, "lastseen": seen.isoformat(), "lifetime": lifetime}


@pytest.fixture
def learned():
    return []


@pytest.fixture
async def peers(kmock, learned):
    async with connected(Configuration(host=str(kmock.url).rstrip("/"))) as connection:

        async def resume():
            learned.append("everything")

        yield Peers(Cluster(connection), OWN, resume, lambda: NOW)


def answers(kmock, status):
    kmock[PATH] << {"kind": "ClusterKopfPeering", "metadata": {"name": "platform-operator"}, "status": status}


@pytest.mark.parametrize(
    ("status", "leaders"),
    [
        ({}, []),
        ({"pod-b": told(100)}, []),
        ({"pod-a": told(99)}, []),
        ({"pod-c": told(101)}, ["pod-c"]),
        ({"pod-c": told(101), "pod-a": told(100)}, ["pod-a", "pod-c"]),
        ({"pod-b": told(101)}, []),
        ({"pod-c": told(101, NOW - timedelta(seconds=60))}, []),
        ({"pod-c": told(101, NOW - timedelta(seconds=59))}, ["pod-c"]),
        ({"pod-c": {**told(101), "lastseen": "2026-05-04T11:59:30"}}, ["pod-c"]),
        ({"pod-c": "nonsense", "pod-d": {"priority": 200}, "pod-e": {**told(200), "lastseen": "soon"}}, []),
    ],
)
def test_who_came_later_and_lives_leads(status, leaders):
    assert find_leaders(status, OWN, NOW) == leaders


def test_who_starts_later_has_the_higher_priority():
    first = Peer("platform-operator", "pod-a")
    time.sleep(0.001)
    assert Peer("platform-operator", "pod-b").priority > first.priority


async def test_alone_it_leads(kmock, peers):
    answers(kmock, {"pod-b": told(100)})
    await peers.look()
    assert peers.leads.is_set()
    assert metrics.leading._value.get() == 1


async def test_it_waits_for_a_later_one_and_learns_everything_before_it_goes_on(kmock, peers, learned):
    answers(kmock, {"pod-c": told(101)})
    await peers.look()
    assert not peers.leads.is_set()
    assert metrics.leading._value.get() == 0
    assert learned == []


async def test_it_goes_on_once_the_later_one_has_gone(kmock, peers, learned):
    peers.leads.clear()
    answers(kmock, {"pod-c": told(101, NOW - timedelta(seconds=61))})
    await peers.look()
    assert peers.leads.is_set()
    assert learned == ["everything"]


async def test_what_cannot_be_asked_changes_nothing(kmock, peers, learned):
    kmock[PATH] << 503 << {"kind": "Status", "message": "no", "code": 503}
    for led in (True, False):
        (peers.leads.set if led else peers.leads.clear)()
        with pytest.raises(ApiFault):
            await peers.look()
        assert peers.leads.is_set() == led
    assert learned == []


async def test_it_stays_where_it_is_while_it_cannot_learn(kmock, peers, monkeypatch):
    async def away():
        raise ApiFault(0, "no answer")

    monkeypatch.setattr(peers, "_resume", away)
    peers.leads.clear()
    answers(kmock, {})
    with pytest.raises(ApiFault):
        await peers.look()
    assert not peers.leads.is_set()


async def test_without_the_peering_there_is_nobody_to_wait_for_which_is_said_once(kmock, peers):
    kmock[PATH] << 404 << {"kind": "Status", "message": "no", "code": 404}
    with structlog.testing.capture_logs() as logs:
        await peers.look()
        await peers.look()
    assert peers.leads.is_set()
    assert [line["error"] for line in logs if line["event"] == "peering_missing"] == [
        "There is no ClusterKopfPeering platform-operator: this operator works as if alone."
    ]
