"""Calls of the API server, against a mock server: what its responses mean, and what the calls say."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from types import SimpleNamespace

import pytest
from kmock import RawHandler
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import incluster_config, kube_config

from operator_samples import route_body
from platform_operator.kube import cluster as module
from platform_operator.kube.cluster import Cluster
from platform_operator.kube.connection import NoCluster, connected, load_configuration
from platform_operator.kube.errors import ApiError, Conflict, NotFound
from platform_operator.kube.kinds import NETWORK_POLICY, PROTECTED_ROUTE, ROUTE_GRANT, SECRET

pytestmark = pytest.mark.kmock(cls=RawHandler)

ANY = re.compile(".*")
ECHO = "/apis/memberplatform.dev/v1alpha1/namespaces/echo/protectedroutes/echo"


def configuration(url, token="secret"):
    return Configuration(host=str(url).rstrip("/"), api_key={"BearerToken": f"Bearer {token}"})


@pytest.fixture
async def cluster(kmock):
    async with connected(configuration(kmock.url)) as connection:
        yield Cluster(connection)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFound),
        (410, NotFound),
        (409, Conflict),
        *((status, ApiError) for status in (400, 403, 422, 429, 500, 503)),
    ],
)
@pytest.mark.parametrize("call", ["get", "apply", "merge", "delete", "replace", "create", "list_all"])
async def test_what_is_refused_is_a_fault_that_says_what_to_do(kmock, cluster, status, kind, call):
    kmock[ANY] << status << {"kind": "Status", "message": "no", "code": status}
    calls = {
        "get": lambda: cluster.get(PROTECTED_ROUTE, "echo", "echo"),
        "apply": lambda: cluster.apply(PROTECTED_ROUTE, route_body()),
        "merge": lambda: cluster.merge(PROTECTED_ROUTE, "echo", "echo", {}, "status"),
        "delete": lambda: cluster.delete(PROTECTED_ROUTE, "echo", "echo"),
        "replace": lambda: cluster.replace(PROTECTED_ROUTE, route_body()),
        "create": lambda: cluster.create(PROTECTED_ROUTE, route_body()),
        "list_all": lambda: cluster.list_all(PROTECTED_ROUTE),
    }
    with pytest.raises(kind) as refused:
        await calls[call]()
    assert type(refused.value) is kind
    assert refused.value.status == status


async def test_the_server_says_when_to_come_again(kmock, cluster):
    kmock[ANY] << 429 << {"Retry-After": "7"} << {"message": "slower"}
    with pytest.raises(ApiError, match="slower") as refused:
        await cluster.get(SECRET, "echo", "keys")
    assert refused.value.retry_after == 7


async def test_no_response_in_time_is_a_fault(kmock, cluster, monkeypatch):
    monkeypatch.setattr(module, "CALL_SECONDS", 0.1)
    kmock[ANY] << (lambda: asyncio.sleep(5))
    with pytest.raises(ApiError, match=r"took more than 0\.1 s") as refused:
        await cluster.get(SECRET, "echo", "keys")
    assert refused.value.status == 0


async def test_nobody_there_is_a_fault():
    async with connected(configuration("http://127.0.0.1:1")) as nobody:
        with pytest.raises(ApiError) as refused:
            await Cluster(nobody).get(SECRET, "echo", "keys")
    assert refused.value.status == 0


async def test_an_object_is_applied_field_by_field_in_our_name(kmock, cluster):
    kmock[ANY] << {"metadata": {"name": "echo"}}
    await cluster.apply(PROTECTED_ROUTE, route_body())
    (request,) = kmock["patch"]
    assert request.url.path == ECHO
    assert dict(request.params) == {"fieldManager": "member-platform-operator", "force": "true"}
    assert request.headers["Content-Type"] == "application/apply-patch+yaml"
    assert request.headers["Authorization"] == "Bearer secret"


async def test_a_pods_token_that_is_renewed_is_used(tmp_path, monkeypatch):
    """Another one every hour or so: its file is read again after a minute."""
    token, authority = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("first")
    authority.write_text("a certificate")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(authority))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    configuration = await load_configuration()
    assert await authorization(configuration) == "bearer first"
    token.write_text("second")
    assert await authorization(configuration) == "bearer first"
    later = dt.datetime.now() + dt.timedelta(seconds=61)  # noqa: DTZ005 (as the client's own clock)
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda: later), timedelta=dt.timedelta)
    monkeypatch.setattr(incluster_config, "datetime", clock)
    assert await authorization(configuration) == "bearer second"
    assert configuration.host == "https://192.0.2.1:443"


async def authorization(configuration):
    return (await configuration.auth_settings())["BearerToken"]["value"]


async def test_without_any_cluster_the_start_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    with pytest.raises(NoCluster, match="No cluster is configured"):
        await load_configuration()


async def test_a_long_list_is_read_page_by_page_and_has_the_last_pages_version(kmock, cluster):
    def page(request):
        if request.params.get("continue"):
            return {"metadata": {"resourceVersion": "20"}, "items": [{"metadata": {"name": "b"}}]}
        return {"metadata": {"resourceVersion": "10", "continue": "more"}, "items": [{"metadata": {"name": "a"}}]}

    kmock["get"] << page
    items, version = await cluster.list_all(NETWORK_POLICY, selector="a=b")
    assert [item["metadata"]["name"] for item in items] == ["a", "b"]
    assert items[0]["kind"] == "NetworkPolicy"
    assert version == 20
    assert [request.params["labelSelector"] for request in kmock["get"]] == ["a=b", "a=b"]


def test_paths_are_those_of_the_api():
    assert PROTECTED_ROUTE.path("echo", "echo") == ECHO
    assert PROTECTED_ROUTE.path() == "/apis/memberplatform.dev/v1alpha1/protectedroutes"
    assert ROUTE_GRANT.path("ignored", "x") == "/apis/memberplatform.dev/v1alpha1/routegrants/x"
    assert SECRET.path("a", "b") == "/api/v1/namespaces/a/secrets/b"
