"""A Kong Gateway without database, one worker on one core; `KONG_COMMAND` names the program."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cores import on_core
from platform_standalone.ports import reserve_port


class KongFailed(RuntimeError):
    """Kong did not start or stop; the message contains its output."""


@dataclass(frozen=True)
class Kong:
    """A running Kong."""

    port: int
    master: int


@contextmanager
def running(
    folder: Path,
    core: int,
    service: int,
    routes: Mapping[str, Sequence[Mapping[str, Any]]],
    plugins: Mapping[str, Path],
) -> Iterator[Kong]:
    """Start Kong with routes `/<name>` to the port `service`, each with its plugins, and end it afterwards.

    `plugins` gives the folders of plugins that are not Kong's own. Raises KongFailed.
    """
    prefix, port = folder / "kong", reserve_port()
    declarative = folder / "kong.json"
    declarative.write_text(json.dumps(_declarative(service, routes)))
    path = "".join(f"{plugin}/?.lua;" for plugin in plugins.values())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KONG_")} | {
        "KONG_PREFIX": str(prefix),
        "KONG_DATABASE": "off",
        "KONG_DECLARATIVE_CONFIG": str(declarative),
        "KONG_PLUGINS": ",".join(["bundled", *plugins]),
        "KONG_LUA_PACKAGE_PATH": f"{path}./?.lua;./?/init.lua;",
        "KONG_PROXY_LISTEN": f"127.0.0.1:{port}",
        "KONG_ADMIN_LISTEN": "off",
        "KONG_ADMIN_GUI_LISTEN": "off",
        "KONG_STATUS_LISTEN": "off",
        "KONG_ANONYMOUS_REPORTS": "off",
        "KONG_NGINX_WORKER_PROCESSES": "1",
        "KONG_NGINX_USER": "root root" if os.geteuid() == 0 else "nobody",
        "KONG_LOG_LEVEL": "warn",
    }
    _run("start", core, prefix, environment)
    try:
        yield Kong(port, int((prefix / "pids" / "nginx.pid").read_text()))
    finally:
        _run("stop", core, prefix, environment)


def _run(verb: str, core: int, prefix: Path, environment: Mapping[str, str]) -> None:
    command = on_core(core, os.environ.get("KONG_COMMAND", "kong"), verb, "--prefix", str(prefix))
    # what Kong leaves running keeps its output: a pipe would never end
    said = prefix.parent / f"kong-{verb}.log"
    with said.open("wb") as output:
        code = subprocess.run(
            command, env=environment, cwd=prefix.parent, stdout=output, stderr=output, check=False
        ).returncode
    if code != 0:
        raise KongFailed(f"kong {verb}: {said.read_text(errors='replace').strip()[-2000:]}")


def _declarative(service: int, routes: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    return {
        "_format_version": "3.0",
        "services": [
            {
                "name": "service",
                "url": f"http://127.0.0.1:{service}",
                "retries": 0,
                "routes": [
                    {
                        "name": name,
                        "paths": [f"/{name}"],
                        "methods": ["POST"],
                        "strip_path": False,
                        "plugins": list(chain),
                    }
                    for name, chain in routes.items()
                ],
            }
        ],
    }
