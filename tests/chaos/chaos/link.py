"""A TCP connection between two components that can be watched, held and cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

CHUNK = 65536


class Way(StrEnum):
    """Which way bytes go: to the component that was connected to, or back from it."""

    TO = "to"
    BACK = "back"


@dataclass(eq=False)
class Connection:
    """One connection through the link; `asked` says whether a watched request went through and waits for its reply."""

    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    asked: set[str] = field(default_factory=set)

    def abort(self) -> None:
        """Break it in both directions, as a lost machine does."""
        for writer in self.writers:
            writer.transport.abort()


# Says of the bytes that go one way on a connection whether this is the moment waited for.
Watch = Callable[[Connection, Way, bytes], bool]


class Trap:
    """One moment to wait for, and what is done then, while the bytes that make the moment are held."""

    def __init__(self, watch: Watch, action: Callable[[], Awaitable[None]]) -> None:
        self.watch = watch
        self.action = action
        self.sprung = asyncio.Event()


class Link:
    """Relays connections from a port of its own to `target`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._trap: Trap | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Break every connection and listen no more."""
        assert self._server is not None
        self._server.close()
        self._open.set()
        for connection in list(self._connections):
            connection.abort()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    def set_trap(self, trap: Trap | None) -> None:
        """Wait for a moment; it happens once."""
        self._trap = trap

    async def cut(self, seconds: float) -> None:
        """Break all connections and refuse new ones for a time."""
        self._refusing = True
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(seconds)
        self._refusing = False

    async def swallow(self, seconds: float) -> None:
        """Let nothing through for a time, as a network that drops packets: neither side is notified."""
        self._open.clear()
        await asyncio.sleep(seconds)
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            onward_reader, onward = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection((writer, onward))
        self._connections.add(connection)
        relays = [
            asyncio.create_task(self._relay(connection, Way.TO, reader, onward)),
            asyncio.create_task(self._relay(connection, Way.BACK, onward_reader, writer)),
        ]
        self._relays.update(relays)
        await asyncio.gather(*relays, return_exceptions=True)
        self._relays.difference_update(relays)
        self._connections.discard(connection)

    async def _relay(
        self, connection: Connection, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self._open.wait()
                await self._spring(connection, way, data)
                writer.write(data)
                await writer.drain()
            # one side has said all: the other is notified, and may still respond
            writer.write_eof()
        except OSError:
            connection.abort()
        finally:
            if reader.at_eof() and way is Way.BACK:
                writer.close()
                connection.writers[1].close()

    async def _spring(self, connection: Connection, way: Way, data: bytes) -> None:
        trap = self._trap
        if trap is None or not trap.watch(connection, way, data):
            return
        self._trap = None
        trap.sprung.set()
        with suppress(OSError):
            await trap.action()
