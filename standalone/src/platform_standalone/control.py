"""The control protocol of the supervisor: a Unix socket in the state folder, one JSON document per line."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SOCKET = "control.sock"

# How long connections may take to close when the supervisor stops (seconds).
CLOSE_SECONDS = 2

Message = dict[str, Any]
# Handles one request and yields any number of messages. Cancelled when the client disconnects.
Handler = Callable[[Message], AsyncIterator[Message]]


@contextmanager
def _short_path(folder: Path) -> Iterator[str]:
    """A path of the socket that fits into a socket address (108 bytes) for any depth of `folder`."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


async def serve_control(folder: Path, handler: Handler) -> Callable[[], Awaitable[None]]:
    """Listen in `folder` and return a function that closes the socket. Its folder's permissions control the access."""
    listener = socket.socket(socket.AF_UNIX)
    (folder / SOCKET).unlink(missing_ok=True)
    with _short_path(folder) as path:
        listener.bind(path)
    (folder / SOCKET).chmod(0o600)

    connections: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            connections.add(task)
            task.add_done_callback(connections.discard)
        try:
            request = json.loads(await reader.readline())
            answering = asyncio.create_task(_respond(handler, request, writer))
            leaving = asyncio.create_task(reader.read())
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        except ValueError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(converse, sock=listener)

    async def close() -> None:
        server.close()
        if connections:
            await asyncio.wait(connections, timeout=CLOSE_SECONDS)
        (folder / SOCKET).unlink(missing_ok=True)

    return close


async def _respond(handler: Handler, request: Message, writer: asyncio.StreamWriter) -> None:
    messages = handler(request)
    try:
        async for message in messages:
            writer.write(json.dumps(message).encode() + b"\n")
            await writer.drain()
    finally:
        await messages.aclose()  # type: ignore[attr-defined]


class NotRunning(Exception):
    """No supervisor listens in the folder."""


@contextmanager
def send_command(folder: Path, request: Message, seconds: float | None = None) -> Iterator[Iterator[Message]]:
    """Send `request` to the supervisor and yield its messages as they arrive; leaving the context disconnects.

    Raises NotRunning, and TimeoutError if a message takes longer than `seconds`.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        try:
            with _short_path(folder) as path:
                connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise NotRunning from None
        with connection.makefile("rw", encoding="utf-8") as stream:
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            yield (json.loads(line) for line in stream)
