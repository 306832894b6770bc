"""nginx's error log without personal data.

nginx ends each message about a request with the request line, the upstream's URL and the referrer, queries included,
and has no setting for that. So it writes to standard error, which is a socket to the process that started it, and that
one writes the log.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# What nginx sends at once; its messages are at most 2 KiB.
_MESSAGE_BYTES = 65536
# After the process has ended: a worker that outlives it may hold the socket for longer (seconds).
_JOIN_SECONDS = 2

# From nginx's `ngx_http_log_error`, in its order: `request: "GET /a?b HTTP/1.1"`, `subrequest: "/a"`,
# `upstream: "http://10.0.0.1:80/a?b"`, `host: "…"`, `referrer: "…"`. A request line has at most these two blanks.
_REQUEST = re.compile(
    rb', request: "(?P<line>[^ ?"]+(?: [^ ?"]*)?)[^ ]*(?: HTTP/[0-9.]+)?"'
    rb'(?:, subrequest: "(?P<subrequest>[^"]*)")?'
    rb'(?:, upstream: "(?P<upstream>[a-z]+://[^/"?]*))?'
)
_REQUEST_MARK = b', request: "'
# What an upstream sent is quoted where it is no HTTP.
_QUOTED_RESPONSE = re.compile(rb'(upstream sent [^"]*)".*?(?=, client: |$)', re.DOTALL)


def without_request_data(message: bytes) -> bytes:
    """Return a message of nginx's error log, in which only method, path and upstream address of a request are kept."""
    message = _QUOTED_RESPONSE.sub(rb"\1(removed)", message)
    start = message.find(_REQUEST_MARK)
    if start < 0:
        return message
    kept = message[:start]
    # One that nginx has cut, or that has another form, loses all of it.
    if found := _REQUEST.match(message, start):
        kept += b', request: "' + found["line"] + b'"'
        for name in ("subrequest", "upstream"):
            if found[name]:
                kept += f', {name}: "'.encode() + found[name] + b'"'
    return kept + b"\n"


class FilteredOutput:
    """Forwards the standard error of a process after filtering it.

    The process never waits: a message is lost where this side does not keep up.
    """

    def __init__(self, message_filter: Callable[[bytes], bytes], target: Path | int) -> None:
        """`target`: a file to append to, or a descriptor. Close `writer` here once the process has it."""
        self._filter = message_filter
        self._reader, self.writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Of the open file, so the process's writes do not block either.
        self.writer.setblocking(False)
        self._thread = threading.Thread(target=self._copy, args=(target,), name="error log", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until everything is written that the process has sent before it ended."""
        self._thread.join(_JOIN_SECONDS)

    def _copy(self, target: Path | int) -> None:
        with self._reader, open(target, "ab", buffering=0, closefd=isinstance(target, Path)) as file:
            while message := self._reader.recv(_MESSAGE_BYTES):
                # A full disk costs the message alone.
                with suppress(OSError):
                    os.write(file.fileno(), self._filter(message))
