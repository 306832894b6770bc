"""Clients that write with keys, repeat 30 % of what they sent, and never send two requests under one key."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import random
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import httpx2

from chaos.history import Answered, Lost, Recorder, Sent

REPEATS = 0.30
# Of the new keys: requests that are sent twice at once, and members that are made (each costs a password hash).
TWINS = 0.08
CREATIONS = 0.03

CLIENT_SECONDS = 8.0
# What a client waits after it was refused or lost its connection.
PAUSE = 0.1
MEMBERS = 8
REMEMBERED = 2000
# Clients come back to what they began before they begin more.
MOST_UNANSWERED = 200

# What of a response a repeat must get again.
KEPT_HEADERS = ("Location", "ETag", "Content-Type")


@dataclass(frozen=True)
class Request:
    """One keyed request; its key is also the name that its effect leaves in the database."""

    key: str
    operation: str
    method: str
    path: str
    body: dict[str, str]


class Crowd:
    """Clients of one administrator."""

    def __init__(self, url: str, administrator: dict[str, str], recorder: Recorder, seed: int) -> None:
        limits = httpx2.Limits(max_connections=256, max_keepalive_connections=64)
        self._http = httpx2.AsyncClient(base_url=url, timeout=CLIENT_SECONDS, trust_env=False, limits=limits)
        self._administrator = administrator
        self._recorder = recorder
        self._random = random.Random(seed)
        self._run = f"{seed:x}-{time.time_ns():x}"
        self._numbers = itertools.count(1)
        self._attempts = itertools.count(1)
        self._began = time.monotonic()
        self._members: list[str] = []
        self._token = ""
        self._known: deque[Request] = deque(maxlen=REMEMBERED)
        self.unanswered: dict[str, Request] = {}
        self.answered: dict[str, Request] = {}

    def now(self) -> float:
        """Seconds since the run began."""
        return round(time.monotonic() - self._began, 4)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def log_in(self) -> None:
        """Get an access token; it outlives a short run, a long one calls this again."""
        body = {"email": self._administrator["email"], "password": self._administrator["password"]}
        response = await self._http.post("/auth/login", json=body)
        response.raise_for_status()
        self._token = response.json()["access_token"]

    async def prepare(self) -> None:
        """Make the members whose changes are the writes."""
        for _ in range(MEMBERS):
            request = self._creation()
            await self._send(request)
            assert request.key in self.answered, "a member could not be made before the first fault"

    async def write_until(self, stop: asyncio.Event, clients: int) -> None:
        """Let `clients` clients write until `stop` is set."""
        await asyncio.gather(*(self._write(stop) for _ in range(clients)))

    async def repeat(self, requests: list[Request], clients: int) -> None:
        """Send these once more."""
        left = iter(requests)

        async def one_client() -> None:
            for request in left:
                await self._send(request)

        await asyncio.gather(*(one_client() for _ in range(clients)))

    async def _write(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self._random.random() < REPEATS or len(self.unanswered) >= MOST_UNANSWERED:
                await self._send(self._old_request())
                continue
            request = self._new_request()
            twins = 2 if self._random.random() < TWINS else 1
            await asyncio.gather(*(self._send(request) for _ in range(twins)))

    def _old_request(self) -> Request:
        # what failed is what clients repeat most
        if self.unanswered and self._random.random() < 0.5:
            return self._random.choice(list(self.unanswered.values()))
        return self._random.choice(self._known)

    def _new_request(self) -> Request:
        if self._random.random() < CREATIONS:
            return self._creation()
        key = self._new_key()
        return self._remember(
            Request(key, "change", "PATCH", f"/api/members/{self._random.choice(self._members)}", {"display_name": key})
        )

    def _creation(self) -> Request:
        key = self._new_key()
        body = {"email": f"{key}@example.com", "password": f"a {key} of some length", "display_name": key}
        return self._remember(Request(key, "create", "POST", "/api/members", body))

    def _new_key(self) -> str:
        return f"{self._run}-{next(self._numbers)}"

    def _remember(self, request: Request) -> Request:
        self._known.append(request)
        self.unanswered[request.key] = request
        return request

    async def _send(self, request: Request) -> None:
        attempt = next(self._attempts)
        self._recorder.note(Sent(self.now(), request.key, attempt, request.operation))
        headers = {"Authorization": f"Bearer {self._token}", "X-Idempotency-Key": request.key}
        try:
            response = await self._http.request(request.method, request.path, json=request.body, headers=headers)
        except httpx2.HTTPError as error:
            self._recorder.note(Lost(self.now(), request.key, attempt, type(error).__name__))
            await asyncio.sleep(PAUSE)
            return
        self._recorder.note(_answered(self.now(), request.key, attempt, response))
        if response.is_success:
            self.unanswered.pop(request.key, None)
            self.answered[request.key] = request
            if request.operation == "create" and len(self._members) < MEMBERS:
                self._members.append(response.json()["id"])
        else:
            await asyncio.sleep(PAUSE)


def _answered(at: float, key: str, attempt: int, response: httpx2.Response) -> Answered:
    head = [str(response.status_code), *(response.headers.get(name, "") for name in KEPT_HEADERS), ""]
    whole = "\n".join(head).encode() + response.content
    return Answered(
        at=at,
        key=key,
        attempt=attempt,
        status=response.status_code,
        code=_code(response),
        digest=hashlib.sha256(whole).hexdigest()[:16],
        replayed=response.headers.get("Idempotent-Replayed") == "true",
    )


def _code(response: httpx2.Response) -> str | None:
    if response.headers.get("Content-Type", "").partition(";")[0] != "application/problem+json":
        return None
    try:
        document: dict[str, Any] = json.loads(response.content)
    except ValueError:
        return None
    return document.get("code")
