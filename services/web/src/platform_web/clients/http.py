"""One service by HTTP: kept-alive, bounded in time, on behalf of one visitor, with one retry where it is safe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import structlog
from pydantic import BaseModel, ValidationError

from platform_common.request_id import HEADER, current_request_id
from platform_web.clients.errors import PartAway, Refused

# A kept connection is given up well before the services do (75 s): none is used while the other end closes it.
KEEP_ALIVE_SECONDS = 30.0
MAX_CONNECTIONS = 200

M = TypeVar("M", bound=BaseModel)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Timeouts:
    """How long a call may take (seconds)."""

    connect: float = 1.0
    read: float = 2.0
    write: float = 12.0


@dataclass(frozen=True)
class OnBehalfOf:
    """For whom a service is called: it throttles and answers the visitor, not web."""

    address: str
    user_agent: str
    locale: str
    token: str | None = None

    def headers(self) -> dict[str, str]:
        """Return what tells a service of the visitor."""
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
class Answer:
    """A service's answer that is no error."""

    part: str
    status: int
    headers: Mapping[str, str]
    set_cookies: tuple[str, ...]
    body: bytes

    def parse(self, model: type[M]) -> M:
        """Return the body as `model`. Raises PartAway when it is something else."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            log.warning("answer_unreadable", part=self.part, errors=error.error_count())
            raise PartAway(self.part) from None


class ServiceClient:
    """Calls the service `part` at `base_url`; without one it is always away. Every call raises PartAway and Refused."""

    def __init__(self, part: str, base_url: str | None, timeouts: Timeouts) -> None:
        self.part = part
        self._base_url = base_url
        self._read = aiohttp.ClientTimeout(total=timeouts.read, sock_connect=timeouts.connect)
        self._write = aiohttp.ClientTimeout(total=timeouts.write, sock_connect=timeouts.connect)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Be ready to connect; to be called inside the event loop."""
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
        visitor: OnBehalfOf,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read `path`; asked once more when the connection breaks."""
        return await self._call("GET", path, visitor, self._read, headers or {}, query=query, again=True)

    async def send(
        self,
        method: str,
        path: str,
        visitor: OnBehalfOf,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Have something done. With an idempotency `key` it is asked once more when the connection breaks."""
        more = {**(headers or {}), **({"X-Idempotency-Key": key} if key else {})}
        data = None
        if body is not None:
            data = encode(body)
            more.setdefault("Content-Type", "application/json")
        return await self._call(method, path, visitor, self._write, more, data=data, again=key is not None)

    async def _call(
        self,
        method: str,
        path: str,
        visitor: OnBehalfOf,
        limits: aiohttp.ClientTimeout,
        headers: Mapping[str, str],
        *,
        query: Mapping[str, str] | None = None,
        data: bytes | None = None,
        again: bool,
    ) -> Answer:
        if self._session is None or self._base_url is None:
            raise PartAway(self.part)
        sent = visitor.headers() | dict(headers)
        attempts = 2 if again else 1
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
                    return await self._read_answer(response)
            except aiohttp.ClientConnectionError as error:
                if isinstance(error, TimeoutError) or attempt == attempts:
                    raise self._away(method, error) from None
            except (aiohttp.ClientError, TimeoutError) as error:
                raise self._away(method, error) from None
        raise AssertionError("the last attempt returns or raises")

    async def _read_answer(self, response: aiohttp.ClientResponse) -> Answer:
        body = await response.read()
        if response.status < 400:
            cookies = tuple(response.headers.getall("Set-Cookie", ()))
            return Answer(self.part, response.status, response.headers, cookies, body)
        document = _document(body)
        if response.status >= 500:
            log.warning("part_failed", part=self.part, status=response.status, code=document.get("code"))
            raise PartAway(self.part)
        raise Refused(response.status, document, response.headers.get("Retry-After"))

    def _away(self, method: str, error: Exception) -> PartAway:
        log.warning("part_unreachable", part=self.part, method=method, error=type(error).__name__)
        return PartAway(self.part)


def encode(body: Any) -> bytes:
    """Return `body` as JSON, the same bytes for the same content: a repeat under one key must look the same."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
