"""A short way to the wire for the one answer that most requests get.

uvicorn examines each header of each answer by two regular expressions, which takes longer than the whole check of a
session. The head of an answer is the same for a token each time, so it is examined once and kept. Where the server is
not the one that this was written for, or the connection is in any but its plain state, there is no short way, and the
answer goes as ASGI has it.
"""

from __future__ import annotations

import re

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

Headers = tuple[tuple[bytes, bytes], ...]

# RFC 9110, sections 5.1 and 5.5: what may stand in a name and in a value (ours are ASCII).
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(rb"[\x20-\x7e]*")


class InvalidHeader(ValueError):
    """A header would break the answer's head."""


def encode_head(headers: Headers, last: bytes) -> bytes:
    """Return the head of an answer 200 up to the value of its `last` header. Raises InvalidHeader."""
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise InvalidHeader(name.decode("latin-1"))
    lines = [b"HTTP/1.1 200 OK", *(b"%b: %b" % header for header in headers), b"%b: " % last]
    return b"\r\n".join(lines)


def write_response_directly(send: Send, head: bytes) -> bool:
    """Write `head`, which is the whole of an answer without a body; False if that cannot be.

    It leaves the server in the state in which the two messages of the answer would have left it.
    """
    cycle = getattr(send, "__self__", None)
    if (
        type(cycle) is not RequestResponseCycle
        or cycle.response_started
        or cycle.disconnected
        or cycle.flow.write_paused
        or not cycle.keep_alive
        or cycle.waiting_for_100_continue
        or cycle.default_headers
        or cycle.access_log
    ):
        return False
    cycle.response_started = True
    cycle.chunked_encoding = False
    cycle.transport.write(head)
    cycle.response_complete = True
    cycle.message_event.set()
    cycle.on_response()
    return True
