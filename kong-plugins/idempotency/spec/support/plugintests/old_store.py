"""A stand-in for a Redis before 7: passes commands on to a real one, and knows neither SET … NX GET nor SET … IFEQ."""

from __future__ import annotations

import socketserver
import threading
from collections import Counter
from io import BufferedIOBase
from socket import create_connection


class OldStore:
    """Listens on a free port in front of `upstream`; `asked` counts the commands that it was sent, by name."""

    def __init__(self, upstream: int) -> None:
        self.asked: Counter[str] = Counter()
        self.refused = 0
        store = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with create_connection(("127.0.0.1", upstream)) as real, real.makefile("rb") as replies:
                    while command := _read(self.rfile):
                        words = [part.upper() for part in command.split(b"\r\n")[2::2]]
                        store.asked[words[0].decode()] += 1
                        if words[0] == b"SET" and {b"GET", b"IFEQ"} & {words[3], words[4]}:
                            store.refused += 1
                            self.wfile.write(b"-ERR syntax error\r\n")
                            continue
                        real.sendall(command)
                        self.wfile.write(_read(replies))

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _read(stream: BufferedIOBase) -> bytes:
    """Return one value of Redis's protocol as it came; nothing at the end of the stream."""
    line = stream.readline()
    kind, rest = line[:1], line[1:].strip()
    if kind == b"$" and rest != b"-1":
        return line + stream.read(int(rest) + 2)
    if kind == b"*":
        return line + b"".join(_read(stream) for _ in range(int(rest)))
    return line
