"""A shortcut for the one response that most requests get.

uvicorn checks every header of every response with two regular expressions, which takes longer than everything else
about `/auth/verify` (docs/adr/0035-shortcuts-of-verify.md). The head of the response is the same for a token each time,
so it is checked once and written as bytes.

uvicorn has no public way to do that, so nothing is assumed about it: the first response on a server of an unknown kind
is rehearsed on copies of its state, once by ASGI and once by the shortcut. Only if both leave the same bytes and the
same state is the shortcut used; otherwise, and for any connection in an unusual state, responses go by ASGI.
"""

from __future__ import annotations

import asyncio
import copy
import re
from typing import Any

import structlog
from starlette.types import Send

Headers = tuple[tuple[bytes, bytes], ...]
Messages = tuple[dict[str, Any], ...]

# RFC 9110, sections 5.1 and 5.5: the characters of a name and of a value (ours are ASCII).
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(rb"[\x20-\x7e]*")

# The state of a response in the releases of uvicorn for which the conditions below are complete.
_STATE = frozenset(
    {
        "access_log",
        "access_logger",
        "body",
        "chunked_encoding",
        "default_headers",
        "disconnected",
        "expected_content_length",
        "flow",
        "keep_alive",
        "logger",
        "message_event",
        "more_body",
        "on_response",
        "response_complete",
        "response_started",
        "scope",
        "transport",
        "waiting_for_100_continue",
    }
)

log = structlog.get_logger(__name__)


class InvalidHeader(ValueError):
    """A header would break the response's head."""


def encode_head(headers: Headers, last: bytes) -> bytes:
    """Return the head of a 200 response up to the value of its `last` header. Raises InvalidHeader."""
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise InvalidHeader(name.decode("latin-1"))
    lines = [b"HTTP/1.1 200 OK", *(b"%b: %b" % header for header in headers), b"%b: " % last]
    return b"\r\n".join(lines)


class FastResponse:
    """Writes responses without a body directly to the connection where that is known to equal the ASGI messages."""

    def __init__(self) -> None:
        self._trusted: type | None = None
        self._examined: set[type] = set()

    def write(self, send: Send, head: bytes) -> bool:
        """Write `head`, which is the whole response; return False, without any effect, where ASGI must do it."""
        cycle: Any = getattr(send, "__self__", None)
        if type(cycle) is not self._trusted or not _is_plain(cycle):
            return False
        _write(cycle, head)
        return True

    async def send(self, send: Send, headers: Headers, head: bytes) -> None:
        """Send the response by ASGI; on a server of a kind not seen before, find out whether `write` works on it."""
        messages: Messages = (
            {"type": "http.response.start", "status": 200, "headers": list(headers)},
            {"type": "http.response.body", "body": b""},
        )
        await self._examine(send, messages, head)
        for message in messages:
            await send(message)

    async def _examine(self, send: Send, messages: Messages, head: bytes) -> None:
        cycle: Any = getattr(send, "__self__", None)
        kind = type(cycle)
        if cycle is None or kind in self._examined:
            return
        has_known_state = getattr(cycle, "__dict__", {}).keys() == _STATE
        if has_known_state and not _is_plain(cycle):
            return  # this connection shows nothing; the next one may
        self._examined.add(kind)
        if has_known_state and await _is_equivalent(cycle, send, messages, head):
            self._trusted = kind
        else:
            log.warning("fast_response_disabled", server=f"{kind.__module__}.{kind.__qualname__}")


def _is_plain(cycle: Any) -> bool:
    return not (
        cycle.response_started
        or cycle.disconnected
        or cycle.flow.write_paused
        or not cycle.keep_alive
        or cycle.waiting_for_100_continue
        or cycle.default_headers
        or cycle.access_log
    )


def _write(cycle: Any, head: bytes) -> None:
    """Write `head`, and leave `cycle` as the two messages of the response would have left it."""
    cycle.response_started = True
    cycle.chunked_encoding = False
    cycle.transport.write(head)
    cycle.response_complete = True
    cycle.message_event.set()
    cycle.on_response()


async def _is_equivalent(cycle: Any, send: Any, messages: Messages, head: bytes) -> bool:
    """Return whether `_write` has the same effect as the messages, on disconnected copies of `cycle`."""
    try:
        by_asgi, shortcut = _Rehearsal(cycle), _Rehearsal(cycle)
        for message in messages:
            await send.__func__(by_asgi.cycle, message)
        _write(shortcut.cycle, head)
        return by_asgi.outcome() == shortcut.outcome()
    except Exception as error:  # noqa: BLE001 (whatever differs, the shortcut is not for this server)
        log.warning("fast_response_rehearsal_failed", error=type(error).__name__)
        return False


class _Rehearsal:
    """A copy of a response's state that records calls."""

    def __init__(self, cycle: Any) -> None:
        self.cycle = copy.copy(cycle)
        self.cycle.transport = self
        self.cycle.message_event = asyncio.Event()
        self.cycle.on_response = lambda: self._calls.append("on_response")
        self._calls: list[str] = []
        self._written = bytearray()

    def write(self, data: bytes) -> None:
        """Record `data`; the only method of a transport that an ordinary response calls."""
        self._written += data

    def outcome(self) -> tuple[object, ...]:
        """Return the written bytes, the calls, and the resulting state."""
        own = ("transport", "message_event", "on_response")
        state = {name: value for name, value in vars(self.cycle).items() if name not in own}
        return bytes(self._written), self._calls, self.cycle.message_event.is_set(), state
