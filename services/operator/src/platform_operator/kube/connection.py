"""Connections to the API server: the Kubernetes client for the operator's calls, kopf's login for its watches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import kopf
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config


class NoCluster(Exception):
    """There is neither a service account nor a KUBECONFIG."""

    def __init__(self) -> None:
        super().__init__("No cluster is configured: run in a pod with a service account, or set KUBECONFIG.")


def log_in() -> kopf.ConnectionInfo:
    """Return kopf's connection to this pod's cluster, or to the one of KUBECONFIG. Raises NoCluster."""
    settings = kopf.OperatorSettings()
    found = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(settings=settings)
    if found is None:
        raise NoCluster
    return found


class Connection:
    """An HTTP client of one API server with persistent connections.

    The Kubernetes client provides TLS, proxies and the service account's token, which it reloads every minute. Its
    generated classes for API kinds are not imported, because they take memory and the operator's objects are dicts.
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def request(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]],
        headers: dict[str, str],
        body: dict[str, Any] | None,
        seconds: float,
    ) -> tuple[int, str, bytes]:
        """Send a request and return status, `Retry-After` (or nothing) and body.

        Raises TimeoutError after `seconds`, and what aiohttp raises.
        """
        # not serialized by the client, which drops an empty patch
        serialized = await self._client.param_serialize(
            method, path, query_params=query, header_params=headers, auth_settings=["BearerToken"]
        )
        method, url, header_params, _, _ = serialized
        response = await self._client.call_api(
            method, url, header_params, body, _request_timeout=aiohttp.ClientTimeout(total=seconds)
        )
        return response.status, response.getheader("Retry-After") or "", await response.read()


@asynccontextmanager
async def connected(configuration: Configuration | None = None) -> AsyncIterator[Connection]:
    """Yield a connection to this pod's cluster, or to the one of KUBECONFIG. Raises NoCluster."""
    async with ApiClient(configuration or await load_configuration()) as client:
        yield Connection(client)


async def load_configuration() -> Configuration:
    """Return the configuration of this pod's cluster, or of the one of KUBECONFIG. Raises NoCluster."""
    configuration = Configuration()
    try:
        load_incluster_config(configuration)
    except ConfigException:
        try:
            await load_kube_config(client_configuration=configuration)
        except ConfigException:
            raise NoCluster from None
    return configuration
