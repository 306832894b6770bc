"""A service of another team, on this machine: it returns what it receives, and can be made to wait."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import yaml

# Below its paths: answered only when `may_answer` is set.
SLOW = "slow"
WAIT_SECONDS = 30.0


class ForeignService:
    """The listener, and the manifests for it."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port = port
        self._folder = folder
        self.slow_request_arrived = Event()
        self.may_answer = Event()

    def manifest(self, name: str, **spec: Any) -> Path:
        """Write a manifest with the path `/<name>`."""
        document = {
            "apiVersion": "memberplatform.dev/v1alpha1",
            "kind": "ProtectedRoute",
            "metadata": {"name": name},
            "spec": {"paths": [{"path": f"/{name}"}], "backend": {"url": f"http://127.0.0.1:{self._port}"}, **spec},
        }
        path = self._folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document))
        return path


@contextmanager
def foreign_service(folder: Path) -> Iterator[ForeignService]:
    """Run one on a free port."""
    numbers = itertools.count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            if self.path.endswith(f"/{SLOW}"):
                service.slow_request_arrived.set()
                service.may_answer.wait(WAIT_SECONDS)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            text = json.dumps({"number": next(numbers), "headers": headers}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Set-Cookie", "__Host-access=forged; Path=/; Secure")
            self.send_header("Set-Cookie", "own=1; Path=/")
            self.send_header("Clear-Site-Data", '"cookies"')
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = respond  # noqa: N815 (the names that the library calls)

        def log_message(self, *_: object) -> None:
            """Keep silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = ForeignService(server.server_port, folder)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield service
        finally:
            service.may_answer.set()
            server.shutdown()
            thread.join()
