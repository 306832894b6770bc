"""HTTP as bytes on a socket: for requests that no proper client would send."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx2

from blackbox.client import TLS, Client

# How long a server may think about a response, and how long a silence means that no further answer comes (seconds).
ANSWER_SECONDS = 20.0
SILENCE_SECONDS = 0.4

# The server closed the connection; over TLS it may look like an end without close_notify.
CLOSED = (ConnectionError, ssl.SSLEOFError)


@dataclass(frozen=True)
class RawAnswer:
    """One answer as it came."""

    status_code: int
    headers: httpx2.Headers
    content: bytes


@contextmanager
def connection(base_url: str, address: str | None = None) -> Iterator[socket.socket]:
    """Give a connection to the platform."""
    url = urlsplit(base_url)
    source = (address, 0) if address else None
    place = (url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
    with ExitStack() as stack:
        stream = stack.enter_context(socket.create_connection(place, timeout=ANSWER_SECONDS, source_address=source))
        if url.scheme == "https":
            stream = stack.enter_context(TLS.wrap_socket(stream, server_hostname=url.hostname))
        yield stream


def host_of(base_url: str) -> str:
    """Return what a proper client sends as `Host`."""
    return urlsplit(base_url).netloc


def compose(sender: Client, method: str, path: str, *lines: str, body: str | bytes | None = None) -> bytes:
    """Return a request with the sender's host and token, and `lines` as they are; a `body` gets its length."""
    head = [f"{method} {path} HTTP/1.1", f"Host: {host_of(sender.base_url)}"]
    if sender.token is not None:
        head.append(f"Authorization: Bearer {sender.token}")
    content = body.encode() if isinstance(body, str) else body or b""
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, *lines, "", ""]).encode("latin-1") + content


def exchange(base_url: str, request: bytes, address: str | None = None) -> list[RawAnswer]:
    """Send `request` and return every response until the server closes the connection or falls silent.

    An empty list means that the server closed without a word, or never answered.
    """
    responses: list[RawAnswer] = []
    with connection(base_url, address) as stream:
        with suppress(*CLOSED):  # refused before all was sent; the response may still be readable
            stream.sendall(request)
        with stream.makefile("rb") as reader:
            while (response := _next_answer(reader)) is not None:
                if response.status_code >= 200:
                    responses.append(response)
                    stream.settimeout(SILENCE_SECONDS)
    return responses


def _next_answer(reader: BinaryIO) -> RawAnswer | None:
    try:
        status_line = reader.readline()
        if not status_line:
            return None
        assert status_line.startswith(b"HTTP/1."), f"no answer begins so: {status_line!r}"
        status = int(status_line.split()[1])
        headers = httpx2.Headers(list(_header_lines(reader)))
        return RawAnswer(status, headers, _body(reader, status, headers))
    except (TimeoutError, *CLOSED):
        return None


def _header_lines(reader: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while (line := reader.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        yield name, value.strip()


def _body(reader: BinaryIO, status: int, headers: httpx2.Headers) -> bytes:
    if status < 200 or status in {204, 304}:
        return b""
    if "content-length" in headers:
        return reader.read(int(headers["content-length"]))
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return reader.read()
    parts = []
    while size := int(reader.readline().split(b";")[0], 16):
        parts.append(reader.read(size))
        reader.readline()
    while reader.readline().strip():
        pass  # trailers
    return b"".join(parts)
