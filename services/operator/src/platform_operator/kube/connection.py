"""The way to the API server: kopf's own log-in, for the operator's calls too."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import kopf

# A pod's token is another one every hour or so; the file is read again after this long (seconds).
LOGIN_SECONDS = 60.0


class NoCluster(Exception):
    """There is neither a pod's account nor a KUBECONFIG."""


def log_in() -> kopf.ConnectionInfo:
    """Return how to reach the cluster that this pod runs in, or the one of KUBECONFIG. Raises NoCluster."""
    settings = kopf.OperatorSettings()
    found = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(settings=settings)
    if found is None:
        raise NoCluster("There is no cluster: neither a pod's account nor a KUBECONFIG.")
    return found


class Connection:
    """Requests of one API server; connections are kept open between them."""

    def __init__(self, session: aiohttp.ClientSession, login: Callable[[], kopf.ConnectionInfo] = log_in) -> None:
        self._session = session
        self._login = login
        self._info = login()
        self._logged_in_at = time.monotonic()
        self._ssl = self._info.as_ssl_context() if self._info.server.startswith("https:") else None

    def request(
        self, method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], data: str | None
    ) -> aiohttp.client._RequestContextManager:
        """Send a request; use as `async with`. Raises what aiohttp raises."""
        if time.monotonic() - self._logged_in_at > LOGIN_SECONDS:
            self._info, self._logged_in_at = self._login(), time.monotonic()
        url = self._info.server.rstrip("/") + path
        headers = {**headers, **self._info.as_http_headers()}
        return self._session.request(method, url, params=query, headers=headers, data=data, ssl=self._ssl or True)


@asynccontextmanager
async def connected() -> AsyncIterator[Connection]:
    """Yield a connection. Raises NoCluster."""
    async with aiohttp.ClientSession() as session:
        yield Connection(session)
