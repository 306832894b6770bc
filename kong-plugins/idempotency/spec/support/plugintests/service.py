"""The service behind the gateway: answers as a test says, and remembers what reached it."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BufferedReader

LIMIT_SECONDS = 20.0


@dataclass
class Request:
    """A request that reached the service."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)


@dataclass
class Plan:
    """What the service does with the next requests to a path.

    `body` None stands for a JSON body that differs each time. `gate` holds the answer back until a test opens it.
    `raw` is sent as it is and the connection closed after it.
    """

    status: int = 201
    headers: Sequence[tuple[str, str]] = (("Content-Type", "application/json"),)
    body: bytes | None = None
    chunked: bool = False
    truncate: int | None = None
    raw: bytes | None = None
    gate: threading.Event | None = None
    arrived: threading.Event = field(default_factory=threading.Event)


class Service:
    """A threaded HTTP/1.1 server on a free loopback port."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._plans: dict[str, list[Plan]] = {}
        self._seen: dict[str, list[Request]] = {}
        self._lock = threading.Lock()
        self._serial = itertools.count(1)
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._closing = True
        self._listener.close()

    def plan(self, path: str, *plans: Plan) -> Plan:
        """Answer the requests to `path` by these plans, one each; the last one stands for all that follow."""
        self._plans[path] = list(plans)
        return plans[-1]

    def seen(self, path: str) -> list[Request]:
        """Return the requests to `path` (without query) so far."""
        with self._lock:
            return list(self._seen.get(path, []))

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(LIMIT_SECONDS * 3)
            stream = connection.makefile("rb")
            try:
                while (request := _read_request(stream)) is not None:
                    if not self._answer(connection, request):
                        return
            except OSError:
                return

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        path = request.target.partition("?")[0]
        with self._lock:
            self._seen.setdefault(path, []).append(request)
            plans = self._plans.get(path) or [Plan()]
            plan = plans.pop(0) if len(plans) > 1 else plans[0]
        plan.arrived.set()
        if plan.gate is not None:
            plan.gate.wait(LIMIT_SECONDS)
        if plan.raw is not None:
            connection.sendall(plan.raw)
            return False
        body = plan.body
        if body is None:
            body = json.dumps({"serial": next(self._serial)}).encode()
        lines = [f"HTTP/1.1 {plan.status} Planned"] + [f"{name}: {value}" for name, value in plan.headers]
        payload = body
        bodiless = plan.status in {204, 304}
        if plan.chunked:
            lines.append("Transfer-Encoding: chunked")
            half = len(body) // 2
            parts = [part for part in (body[:half], body[half:]) if part]
            payload = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        elif not bodiless:
            lines.append(f"Content-Length: {len(body)}")
        if request.method == "HEAD" or bodiless:
            payload = b""
        if plan.truncate is not None:
            payload = payload[: plan.truncate]
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + payload)
        return plan.truncate is None


def _read_request(stream: BufferedReader) -> Request | None:
    first = stream.readline().decode("latin-1").strip()
    if not first:
        return None
    method, target, _ = first.split(" ", 2)
    headers = []
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    folded = {name.lower(): value for name, value in headers}
    if folded.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(folded.get("content-length", "0")))
    return Request(method, target, headers, body)
