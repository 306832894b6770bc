"""A Kong without database that serves what was rendered, with the settings of k8s/controllers/kong.yaml.

`KONG_COMMAND` names the program. One service of the tests stands behind every route.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import yaml
from kong import Route, routes
from rendering import ROOT, Document, of_kind

COMMAND = os.environ.get("KONG_COMMAND", "")
PLUGINS = ROOT / "kong-plugins" / "idempotency"
START_SECONDS = 60.0

Headers = Sequence[tuple[str, str]]

# What every response of the service carries: a joined service would speak for the platform with it.
SENT: Headers = (
    ("Set-Cookie", "a=1"),
    ("Set-Cookie", "__Host-access=evil; Path=/; Secure"),
    ("Set-Cookie", "=cart=evil"),
    ("Clear-Site-Data", '"*"'),
    ("Service-Worker-Allowed", "/"),
    ("Strict-Transport-Security", "max-age=0"),
    ("WWW-Authenticate", "Basic"),
    ("ETag", '"1"'),
)


@dataclass(frozen=True)
class Response:
    """A response to the client."""

    status: int
    headers: Headers
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return the values of every header of this name."""
        return [value for given, value in self.headers if given.lower() == name.lower()]

    def one(self, name: str) -> str | None:
        """Return the value of the only header of this name, None if there is none."""
        values = self.all(name)
        assert len(values) < 2, values
        return values[0] if values else None

    @property
    def code(self) -> str:
        """The problem's code."""
        return json.loads(self.body)["code"]

    @property
    def received(self) -> dict[str, list[str]]:
        """The headers that reached the service: values by name in lower case."""
        return json.loads(self.body)


class _Handler(StreamRequestHandler):
    """Responds with the headers of the request, however many; http.server takes a hundred."""

    def handle(self) -> None:
        """Serve the requests of one connection."""
        while self.rfile.readline().strip():
            received: dict[str, list[str]] = {}
            while line := self.rfile.readline().decode("latin-1").strip():
                name, _, value = line.partition(":")
                received.setdefault(name.lower(), []).append(value.strip())
            self.rfile.read(int(received.get("content-length", ["0"])[0]))
            body = json.dumps(received).encode()
            lines = [f"{name}: {value}" for name, value in (*SENT, ("Content-Length", str(len(body))))]
            self.wfile.write("\r\n".join(["HTTP/1.1 200 OK", *lines]).encode() + b"\r\n\r\n" + body)


class _Service(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def free_port() -> int:
    """Return a port that no one listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class KongServer:
    """Kong and the service behind it."""

    def __init__(self, folder: Path, documents: tuple[Document, ...]) -> None:
        """`documents` are Ingress and KongPlugin objects; each KongPlugin's name is unique."""
        self._folder = folder
        self._service = _Service(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self._service.serve_forever, daemon=True).start()
        self.port = free_port()
        self._environment = self._settings()
        (folder / "kong.json").write_text(json.dumps(self._declarative(documents)))

    def start(self) -> None:
        """Start Kong and wait until it responds."""
        self._run("start")
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask("GET", "/", host="nowhere.test")
            except OSError:
                assert time.monotonic() < deadline, "Kong was not ready in time"
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End Kong and the service."""
        self._run("stop")
        self._service.shutdown()
        self._service.server_close()

    def ask(self, method: str, target: str, headers: Headers = (), body: bytes = b"", host: str = "") -> Response:
        """Send one request; `headers` are sent as they are, in this order."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in headers:
                connection.putheader(name, value)
            if body or method in {"POST", "PUT", "PATCH"}:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Response(response.status, tuple(response.getheaders()), response.read())
        finally:
            connection.close()

    def _settings(self) -> dict[str, str]:
        text = (ROOT / "k8s" / "controllers" / "kong.yaml").read_text(encoding="utf-8")
        ours = yaml.safe_load(text)["gateway"]["env"]
        given = {name: value for name, value in os.environ.items() if not name.startswith("KONG_")}
        return {
            **given,
            **{f"KONG_{name.upper()}": str(value) for name, value in ours.items()},
            # the edge is on this machine
            "KONG_TRUSTED_IPS": "127.0.0.1/32",
            "KONG_PREFIX": str(self._folder / "kong"),
            "KONG_DECLARATIVE_CONFIG": str(self._folder / "kong.json"),
            "KONG_PLUGINS": "bundled,idempotency",
            "KONG_LUA_PACKAGE_PATH": f"{PLUGINS}/?.lua;./?.lua;./?/init.lua;",
            "KONG_PROXY_LISTEN": f"127.0.0.1:{self.port}",
            "KONG_ADMIN_LISTEN": "off",
            "KONG_ADMIN_GUI_LISTEN": "off",
            "KONG_STATUS_LISTEN": "off",
            "KONG_ANONYMOUS_REPORTS": "off",
            "KONG_NGINX_USER": "root root" if os.geteuid() == 0 else "nobody",
            "GATEWAY_REDIS_PASSWORD": "of the tests",
            "GATEWAY_FINGERPRINT_SECRET": "a secret of the tests that is long enough",
        }

    def _run(self, verb: str) -> None:
        done = subprocess.run(
            [COMMAND, verb, "--prefix", str(self._folder / "kong")],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _declarative(self, documents: tuple[Document, ...]) -> Document:
        """Return what Kong Ingress Controller would tell Kong of these objects."""
        plugins = {one["metadata"]["name"]: one for one in of_kind(documents, "KongPlugin")}
        # no Redis: a keyed request that gets as far as the idempotency plugin gets 503
        redis = {"host": "127.0.0.1", "port": free_port(), "timeout": 400}
        declared = [self._route(number, route, plugins, redis) for number, route in enumerate(routes(documents))]
        host, port = self._service.server_address[:2]
        service = {"name": "behind", "url": f"http://{host!s}:{port}", "retries": 0, "routes": declared}
        return {"_format_version": "3.0", "services": [service]}

    @staticmethod
    def _route(number: int, route: Route, plugins: Mapping[str, Document], redis: Mapping[str, Any]) -> Document:
        chain = []
        for name in route.plugins:
            config = dict(plugins[name]["config"])
            if plugins[name]["plugin"] == "idempotency":
                config["redis"] = redis
            chain.append({"name": plugins[name]["plugin"], "config": config})
        return {
            "name": f"{number}-{route.name}",
            "hosts": [route.host],
            "paths": [*route.prefixes, *(f"~{expression}" for expression in route.expressions)],
            "methods": list(filter(None, route.methods)),
            "regex_priority": route.priority,
            "strip_path": False,
            "preserve_host": True,
            "plugins": chain,
        }
