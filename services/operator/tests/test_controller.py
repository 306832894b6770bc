"""The controller: what is queued when the cluster changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from fake_cluster import FakeCluster
from operator_samples import platform
from platform_operator.kube.kinds import SERVICE
from platform_operator.routes.controller import RouteController, ServiceKey
from platform_routes.kong import build_service_annotations


@pytest.mark.parametrize(("gateway", "released"), [("kong", True), ("standalone", False)])
async def test_a_service_that_has_no_route_any_more_is_released_where_the_operator_may_change_it(gateway, released):
    cluster = FakeCluster()
    annotations = build_service_annotations(platform("traefik", "kong"))
    metadata = {"namespace": "echo", "name": "echo", "resourceVersion": "1", "annotations": annotations}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
    cluster.objects["Service", "echo", "echo"] = service
    # it is not the leader, so what is queued stays
    is_leader = asyncio.Event()
    on = platform("traefik", gateway)
    controller = RouteController(cluster, on, lambda: datetime.now(UTC), is_leader)  # type: ignore[arg-type]
    controller.state.put(SERVICE, service)
    await controller.resync()
    assert (ServiceKey("echo", "echo") in controller.queue._waiting) == released
