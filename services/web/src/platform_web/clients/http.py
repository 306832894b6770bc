"""HTTP client for one service: persistent connections, timeouts, the visitor's context, one retry where it is safe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import structlog
from pydantic import BaseModel, ValidationError

from platform_common.problem_documents import parse_problem
from platform_common.request_id import HEADER, current_request_id
from platform_web.clients.errors import ServiceError, ServiceUnavailable

# Shorter than the services' own timeout (75 s), so that no connection is used while the service closes it.
KEEP_ALIVE_SECONDS = 30.0
MAX_CONNECTIONS = 200

M = TypeVar("M", bound=BaseModel)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Timeouts:
    """Timeouts of a call (seconds)."""

    connect: float = 1.0
    read: float = 2.0
    write: float = 12.0


@dataclass(frozen=True)
class RequestContext:
    """The visitor on whose behalf a service is called: services throttle the visitor, not web."""

    address: str
    user_agent: str
    locale: str
    token: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the request headers that identify the visitor."""
        headers = {
            "X-Forwarded-For": self.address,
            "User-Agent": self.user_agent,
            "Accept-Language": self.locale,
            "Accept": "application/json",
        }
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if request_id := current_request_id():
            headers[HEADER] = request_id
        return headers


@dataclass(frozen=True)
class ServiceResponse:
    """A successful response of a service."""

    service: str
    status: int
    headers: Mapping[str, str]
    set_cookies: tuple[str, ...]
    body: bytes

    def parse(self, model: type[M]) -> M:
        """Parse the body as `model`. Raises ServiceUnavailable if it does not match."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            log.warning("upstream_response_invalid", upstream=self.service, errors=error.error_count())
            raise ServiceUnavailable(self.service) from None


class ServiceClient:
    """Calls `service` at `base_url`; without a URL it is unavailable. Raises ServiceUnavailable and ServiceError."""

    def __init__(self, service: str, base_url: str | None, timeouts: Timeouts) -> None:
        self.service = service
        self._base_url = base_url
        self._read = aiohttp.ClientTimeout(total=timeouts.read, sock_connect=timeouts.connect)
        self._write = aiohttp.ClientTimeout(total=timeouts.write, sock_connect=timeouts.connect)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Create the connection pool; call inside the event loop."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity"},
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def get(
        self,
        path: str,
        visitor: RequestContext,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ServiceResponse:
        """Send a GET request, retried once if the connection breaks."""
        return await self._call("GET", path, visitor, self._read, headers or {}, query=query, retry=True)

    async def send(
        self,
        method: str,
        path: str,
        visitor: RequestContext,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ServiceResponse:
        """Send a write. With an idempotency `key` it is retried once if the connection breaks."""
        extra_headers = {**(headers or {}), **({"X-Idempotency-Key": key} if key else {})}
        data = None
        if body is not None:
            data = encode(body)
            extra_headers.setdefault("Content-Type", "application/json")
        return await self._call(method, path, visitor, self._write, extra_headers, data=data, retry=key is not None)

    async def _call(
        self,
        method: str,
        path: str,
        visitor: RequestContext,
        limits: aiohttp.ClientTimeout,
        headers: Mapping[str, str],
        *,
        query: Mapping[str, str] | None = None,
        data: bytes | None = None,
        retry: bool,
    ) -> ServiceResponse:
        if self._session is None or self._base_url is None:
            raise ServiceUnavailable(self.service)
        sent = visitor.headers() | dict(headers)
        attempts = 2 if retry else 1
        for attempt in range(1, attempts + 1):
            try:
                async with self._session.request(
                    method,
                    self._base_url + path,
                    params=query,
                    data=data,
                    headers=sent,
                    timeout=limits,
                    allow_redirects=False,
                ) as response:
                    return await self._read_response(response)
            except aiohttp.ClientConnectionError as error:
                if isinstance(error, TimeoutError) or attempt == attempts:
                    raise self._unavailable(method, error) from None
            except (aiohttp.ClientError, TimeoutError) as error:
                raise self._unavailable(method, error) from None
        raise AssertionError("the last attempt returns or raises")

    async def _read_response(self, response: aiohttp.ClientResponse) -> ServiceResponse:
        body = await response.read()
        if response.status < 400:
            cookies = tuple(response.headers.getall("Set-Cookie", ()))
            return ServiceResponse(self.service, response.status, response.headers, cookies, body)
        document = parse_problem(body)
        if response.status >= 500:
            log.warning("upstream_error", upstream=self.service, status=response.status, code=document.get("code"))
            raise ServiceUnavailable(self.service)
        raise ServiceError(response.status, document, response.headers.get("Retry-After"))

    def _unavailable(self, method: str, error: Exception) -> ServiceUnavailable:
        log.warning("upstream_unreachable", upstream=self.service, method=method, error=type(error).__name__)
        return ServiceUnavailable(self.service)


def encode(body: Any) -> bytes:
    """Return `body` as JSON, byte for byte the same for the same content, as repeats under one key require."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
