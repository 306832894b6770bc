"""A proxy in front of the API server that counts calls, answers some of them itself, and cuts watches."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WRITING = {"POST", "PUT", "PATCH", "DELETE"}

# What a call is answered with instead of by the API server: a status, or None to let it through.
Fault = Callable[[str, str], int | None]


class ApiProxy:
    """Listens on loopback and passes on to `upstream` (host, port), which speaks plain HTTP: `kubectl proxy`."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.fault: Fault = lambda _method, _path: None
        self.after_write: Callable[[int], None] = lambda _count: None
        self.writes: list[str] = []
        self.reads = 0
        self._lock = threading.Lock()
        self._watches: list[tuple[socket.socket, socket.socket]] = []
        proxy = self

        class Handler(_Handler):
            api = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self.cut_watches()
        self._server.shutdown()
        self._server.server_close()

    def note(self, method: str, path: str) -> None:
        """Count a call that the API server has answered."""
        with self._lock:
            if method not in WRITING:
                self.reads += 1
                return
            self.writes.append(f"{method} {path.partition('?')[0]}")
            self.after_write(len(self.writes))

    def forget(self) -> None:
        """Count from nothing again."""
        with self._lock:
            self.writes.clear()
            self.reads = 0

    def hold(self, client: socket.socket, server: socket.socket) -> None:
        """Remember the two connections of a watch."""
        with self._lock:
            self._watches.append((client, server))

    def cut_watches(self) -> int:
        """End every watch in the middle; return how many there were."""
        with self._lock:
            watches, self._watches = self._watches, []
        for connection in (connection for pair in watches for connection in pair):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return len(watches)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ApiProxy

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if status := self.api.fault(self.command, self.path):
            self._answer(status, json.dumps({"kind": "Status", "code": status, "message": "a fault"}).encode())
            return
        connection = http.client.HTTPConnection(*self.api.upstream)
        try:
            # as it is, so that what passes here can be read here
            left_out = {"host", "accept-encoding"}
            headers = {name: value for name, value in self.headers.items() if name.lower() not in left_out}
            connection.request(self.command, self.path, body or None, headers)
            server = connection.sock
            response = connection.getresponse()
            if "watch=" in self.path:
                self._stream(response, server)
                return
            answer = response.read()
        except OSError:
            self.close_connection = True
            return
        finally:
            connection.close()
        self.api.note(self.command, self.path)
        self._answer(response.status, answer, response.headers.get("Content-Type", "application/json"))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 (the names that the server looks for)

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def _stream(self, response: http.client.HTTPResponse, server: socket.socket) -> None:
        self.api.hold(self.connection, server)
        self.close_connection = True
        try:
            self.send_response(response.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.end_headers()
            while piece := response.read1(65536):
                self.wfile.write(piece)
        except (OSError, ValueError, http.client.HTTPException):
            return
        finally:
            response.close()
            server.close()
