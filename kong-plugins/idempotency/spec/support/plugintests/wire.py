"""HTTP/1.1 by raw sockets: repeated headers, half requests, bytes exactly as they came."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

Headers = Sequence[tuple[str, str]]
LIMIT_SECONDS = 20.0


class ConnectionEnded(Exception):
    """The other side closed the connection before a whole answer."""


@dataclass
class Answer:
    """One answer, its headers in order, its body without transfer coding."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    informational: list[int] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Return the values of every header of that name."""
        return [value for given, value in self.headers if given.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """Return the value of the one header of that name, None if there is none."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    @property
    def mark(self) -> str | None:
        """What the plugin says it did."""
        return self.header("Idempotency-Status")


def request_bytes(
    method: str, target: str, headers: Headers = (), body: bytes | Iterable[bytes] | None = b"", host: str = "gateway"
) -> bytes:
    """Return a request; an iterable body is sent in chunks, None sends no length at all."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if isinstance(body, bytes):
        if body or method not in {"GET", "HEAD"}:
            lines.append(f"Content-Length: {len(body)}")
        payload = body
    elif body is None:
        payload = b""
    else:
        lines.append("Transfer-Encoding: chunked")
        payload = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in body) + b"0\r\n\r\n"
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + payload


class Wire:
    """One connection."""

    def __init__(self, port: int, seconds: float = LIMIT_SECONDS) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def ask(self, method: str, target: str, headers: Headers = (), body: Any = b"") -> Answer:
        """Send a request and read its answer."""
        self.send(request_bytes(method, target, headers, body))
        return self.read(method)

    def read(self, method: str = "POST") -> Answer:
        """Read one answer to a request of `method`. Raises ConnectionEnded."""
        informational: list[int] = []
        while True:
            status, headers = self._head()
            if status >= 200 or status == 101:
                break
            informational.append(status)
        return Answer(status, headers, self._body(method, status, headers), informational)

    def read_informational(self) -> int:
        """Read the head of a 1xx answer and return its status."""
        return self._head()[0]

    def nothing_more(self) -> bool:
        """Say whether the other side has closed, or sends nothing for a moment."""
        patience = self._socket.gettimeout()
        self._socket.settimeout(0.2)
        try:
            return not self._buffer and self._socket.recv(1) == b""
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(patience)

    def _head(self) -> tuple[int, list[tuple[str, str]]]:
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        return int(first.split(" ")[1]), headers

    def _body(self, method: str, status: int, headers: list[tuple[str, str]]) -> bytes:
        folded = {name.lower(): value for name, value in headers}
        if method == "HEAD" or status in {101, 204, 304}:
            return b""
        if folded.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        if "content-length" in folded:
            return self._exactly(int(folded["content-length"]))
        return self._rest()

    def _chunks(self) -> bytes:
        body = b""
        while True:
            size = int(self._line().split(b";")[0], 16)
            part = self._exactly(size + 2)[:-2]
            if size == 0:
                return body
            body += part

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _rest(self) -> bytes:
        try:
            while True:
                self._more()
        except ConnectionEnded:
            data, self._buffer = self._buffer, b""
            return data

    def _more(self) -> None:
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError as error:
            raise ConnectionEnded from error
        if not data:
            raise ConnectionEnded
        self._buffer += data
