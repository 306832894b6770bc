"""Fault points of a keyed write: between claim, forward, commit, complete and respond.

Each is detected by its bytes on one of the links between components. The product does not know them.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos.link import Connection, Watch, Way

# The links that are watched.
STORE = "gateway → valkey-idempotency"
SERVICE = "gateway → member"
DATABASE = "member → postgres"
FRONT = "client → edge"

# A COMMIT as it is sent to PostgreSQL, and the tag of its completion: both end with a zero byte (protocol 3).
COMMIT = b"commit\x00"
# The plain commands of the plugin: SET … NX GET claims, SET … IFEQ completes.
CLAIM = b"\r\nnx\r\n$3\r\nget\r\n"
COMPLETE = b"\r\nifeq\r\n"
STORED = b"idempotency-status: stored"


@dataclass(frozen=True)
class Point:
    """A moment that a fault can be aimed at: the bytes that make it are held until the fault is done."""

    name: str
    link: str
    watch: Watch


def _request(marker: bytes) -> Watch:
    """The moment when a request with `marker` in it is about to arrive."""
    return lambda _, way, data: way is Way.TO and marker in data.lower()


def _reply(marker: bytes) -> Watch:
    """The moment when the reply to a request with `marker` in it is about to arrive."""
    name = marker.decode()

    def watch(connection: Connection, way: Way, data: bytes) -> bool:
        if way is Way.TO:
            if marker in data.lower():
                connection.asked.add(name)
            return False
        if name in connection.asked:
            connection.asked.discard(name)
            return True
        return False

    return watch


def _answer(marker: bytes) -> Watch:
    """The moment when a response with `marker` in it is about to arrive."""
    return lambda _, way, data: way is Way.BACK and marker in data.lower()


POINTS = (
    Point("claim sent, not executed", STORE, _request(CLAIM)),
    Point("claimed, not forwarded", STORE, _reply(CLAIM)),
    Point("forwarded, not received", SERVICE, _request(b"\r\nx-idempotency-key:")),
    Point("written, not committed", DATABASE, _request(COMMIT)),
    Point("committed, service not notified", DATABASE, _answer(COMMIT)),
    Point("committed, gateway not notified", SERVICE, _reply(b"\r\nx-idempotency-key:")),
    Point("complete sent, not executed", STORE, _request(COMPLETE)),
    Point("completed, gateway not notified", STORE, _reply(COMPLETE)),
    Point("answered, client not notified", FRONT, _answer(STORED)),
)
