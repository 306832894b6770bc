"""A gateway that runs the plugin: the standalone gateway, a host of Kong's plugins on the same nginx, or a real Kong.

`GATEWAY_KIND` chooses (`standalone`, `host` or `kong`; without it the first two). For Kong, `KONG_COMMAND` names the
program, `CHECK_CLIENT_ABORT=on` lets its nginx watch for clients that leave, and `NEXT_UPSTREAM=off` forbids it to
resend.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from platform_standalone.ports import reserve_port
from plugintests.wire import Answer, Headers, Wire

PLUGIN = Path(__file__).resolve().parents[3]
# a plugin of the specs that responds in the service's place
STAND_IN = Path(__file__).resolve().parents[1] / "plugins"
# modules that stand in for Kong: its plugin development kit and its schemas, as strict as Kong
HOST = Path(__file__).resolve().parents[1] / "host"
KINDS = tuple(os.environ.get("GATEWAY_KIND", "host standalone").split())
NEXT_UPSTREAM = os.environ.get("NEXT_UPSTREAM")
START_SECONDS = 60.0
# services with Kong's own number of retries, by address and by an upstream; the others have none
RETRIED, BALANCED = "retried", "balanced"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

Setups = Mapping[str, Mapping[str, Any]]


class Gateway(ABC):
    """A running gateway. Each setup (a configuration of the plugin) is a route `/<name>` to the same service."""

    port: int

    def __init__(self, folder: Path, authority: Path) -> None:
        """`authority` is a certificate to trust where the gateway has a setting for that."""
        self.folder = folder
        self.authority = authority

    @abstractmethod
    def start(self, setups: Setups, services: Mapping[str, int], environment: Mapping[str, str]) -> None:
        """Start with these setups; `services` gives ports by name, the setup's key `service` names one.

        `environment` is what vault references are resolved from.
        """

    @abstractmethod
    def stop(self) -> None:
        """End it."""

    @abstractmethod
    def master(self) -> int:
        """Return the process id of nginx's master, whose children are the workers."""

    @abstractmethod
    def error_log(self) -> str:
        """Return what it logged so far."""

    @abstractmethod
    def metrics(self) -> str:
        """Return its metrics in Prometheus' text format."""

    def connect(self) -> Wire:
        """Open a connection."""
        return Wire(self.port)

    def ask(self, method: str, target: str, headers: Headers = (), body: Any = b"") -> Answer:
        """Send one request on a connection of its own."""
        with self.connect() as wire:
            return wire.ask(method, target, headers, body)

    def post(self, target: str, key: str | None = None, body: Any = b"{}", headers: Headers = ()) -> Answer:
        """Send a POST with a key."""
        keyed = [("X-Idempotency-Key", key)] if key is not None else []
        return self.ask("POST", target, [("Content-Type", "application/json"), *keyed, *headers], body)


def make_gateway(kind: str, folder: Path, authority: Path) -> Gateway:
    """Return a gateway of this kind, not started yet."""
    kinds = {"standalone": Standalone, "host": Host, "kong": Kong}
    assert kind in kinds, f"GATEWAY_KIND is one of {', '.join(kinds)}, not {kind}"
    return kinds[kind](folder, authority)


def _get(port: int, target: str) -> str:
    with Wire(port) as wire:
        answer = wire.ask("GET", target)
    assert answer.status == 200
    return answer.body.decode()


class Standalone(Gateway):
    """The platform's own gateway, which runs the plugin's core without Kong."""

    arguments: tuple[str, ...] = ("--plugins", str(PLUGIN))
    # whether routes can have other plugins
    takes_plugins = False

    def start(self, setups: Setups, services: Mapping[str, int], environment: Mapping[str, str]) -> None:
        routes = {
            "version": 1,
            "services": {
                name: {"upstreams": [f"127.0.0.1:{port}"], "read_timeout_ms": 3000} for name, port in services.items()
            },
            "routes": [
                {
                    "name": name,
                    "paths": [{"path": f"/{name}", "type": "Prefix"}],
                    "methods": METHODS,
                    "service": setup.get("service", "echo"),
                    "auth": "optional",
                    "plugins": [{"name": "idempotency", "config": setup["config"]}, *setup.get("plugins", [])],
                }
                for name, setup in setups.items()
                if self.takes_plugins or not setup.get("plugins")
            ],
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "routes.json"
        file.write_text(json.dumps(routes))
        command = [
            sys.executable,
            "-m",
            "platform_standalone.nginx.host",
            "--routes",
            str(file),
            "--state",
            str(self.folder),
        ]
        command += [
            "--next-upstream",
            "error timeout",
            *self.arguments,
            "--max-body",
            "0",
            "--body-buffer",
            "8192",
            "--workers",
            "2",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the host did not start; its reason is above"
        announced = json.loads(line)
        self.port = announced["port"]
        self._status_port = announced["status_port"]
        self._error_log = Path(announced["error_log"])

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def master(self) -> int:
        children = psutil.Process(self._process.pid).children()
        return next(child.pid for child in children if "master process" in " ".join(child.cmdline()))

    def error_log(self) -> str:
        return self._error_log.read_text(errors="replace")

    def metrics(self) -> str:
        return _get(self._status_port, "/metrics")


class Host(Standalone):
    """The same nginx with a host of Kong's plugins, which runs the plugin as Kong does."""

    arguments = (
        *("--plugin-host", "kong_host.plugins"),
        *("--plugins", str(HOST)),
        *("--plugins", str(PLUGIN)),
        *("--plugins", str(STAND_IN)),
    )
    takes_plugins = True


class Kong(Gateway):
    """A Kong Gateway without database."""

    http2_port: int

    def start(self, setups: Setups, services: Mapping[str, int], environment: Mapping[str, str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        declarative = self.folder / "kong.json"
        declarative.write_text(json.dumps(self._declarative(setups, services)))
        self.port, self.http2_port, self._status_port = reserve_port(), reserve_port(), reserve_port()
        self._prefix = self.folder / "k"
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("KONG_")} | {
            **environment,
            "KONG_PREFIX": str(self._prefix),
            "KONG_DATABASE": "off",
            "KONG_DECLARATIVE_CONFIG": str(declarative),
            "KONG_PLUGINS": "bundled,idempotency,stand-in",
            "KONG_LUA_PACKAGE_PATH": f"{PLUGIN}/?.lua;{STAND_IN}/?.lua;./?.lua;./?/init.lua;",
            "KONG_PROXY_LISTEN": f"127.0.0.1:{self.port}, 127.0.0.1:{self.http2_port} http2",
            "KONG_ADMIN_LISTEN": "off",
            "KONG_ADMIN_GUI_LISTEN": "off",
            "KONG_STATUS_LISTEN": f"127.0.0.1:{self._status_port}",
            "KONG_ANONYMOUS_REPORTS": "off",
            "KONG_TRUSTED_IPS": "127.0.0.1/32",
            "KONG_LUA_SSL_TRUSTED_CERTIFICATE": str(self.authority),
            "KONG_REAL_IP_HEADER": "X-Forwarded-For",
            "KONG_NGINX_WORKER_PROCESSES": "2",
            "KONG_NGINX_USER": "root root" if os.geteuid() == 0 else "nobody",
            "KONG_NGINX_PROXY_LUA_CHECK_CLIENT_ABORT": os.environ.get("CHECK_CLIENT_ABORT", "off"),
            "KONG_LOG_LEVEL": "notice",
        }
        if NEXT_UPSTREAM:
            self._environment["KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM"] = NEXT_UPSTREAM
        self._run("start")
        self._wait_ready()

    def stop(self) -> None:
        self._run("stop")

    def parse(self, config: Mapping[str, Any]) -> str | None:
        """Return what Kong says against a configuration of the plugin, None if it accepts it."""
        file = self.folder / "parsed.json"
        file.write_text(json.dumps({"_format_version": "3.0", "plugins": [{"name": "idempotency", "config": config}]}))
        command = [os.environ.get("KONG_COMMAND", "kong"), "config", "parse", str(file)]
        done = subprocess.run(
            command, env=self._environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        return None if done.returncode == 0 else done.stdout + done.stderr

    def master(self) -> int:
        return int((self._prefix / "pids" / "nginx.pid").read_text())

    def error_log(self) -> str:
        return (self._prefix / "logs" / "error.log").read_text(errors="replace")

    def metrics(self) -> str:
        return _get(self._status_port, "/metrics")

    def _run(self, verb: str) -> None:
        command = [os.environ.get("KONG_COMMAND", "kong"), verb, "--prefix", str(self._prefix)]
        done = subprocess.run(
            command, env=self._environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.ask("GET", "/", []).status == 404:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("Kong was not ready in time")

    @staticmethod
    def _declarative(setups: Setups, services: Mapping[str, int]) -> dict[str, Any]:
        declared = []
        for service, port in services.items():
            routes = []
            for name, setup in setups.items():
                if setup.get("service", "echo") == service:
                    plugins = [{"name": "idempotency", "config": setup["config"]}]
                    plugins += [*setup.get("plugins", []), *setup.get("kong_plugins", [])]
                    routes.append(
                        {
                            "name": name,
                            "paths": [f"/{name}"],
                            "methods": METHODS,
                            "strip_path": False,
                            "preserve_host": True,
                            "plugins": plugins,
                            **setup.get("kong_route", {}),
                        }
                    )
            host = BALANCED if service == BALANCED else "127.0.0.1"
            retries = {} if service in {RETRIED, BALANCED} else {"retries": 0}
            declared.append(
                {
                    "name": service,
                    "url": f"http://{host}:{port}",
                    "read_timeout": 3000,
                    "routes": routes,
                    **retries,
                }
            )
        upstreams = [{"name": BALANCED, "targets": [{"target": f"127.0.0.1:{services[BALANCED]}"}]}]
        consumers = [{"username": name, "keyauth_credentials": [{"key": f"{name}-key"}]} for name in ("alice", "bob")]
        consumers.append({"id": "11111111-2222-4333-8444-555555555555", "username": "anonymous"})
        plugins = [{"name": "prometheus"}]
        return {
            "_format_version": "3.0",
            "services": declared,
            "upstreams": upstreams,
            "consumers": consumers,
            "plugins": plugins,
        }
