"""Applies the registered services to a running platform, without a lost or an unchecked request."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress

import psutil

from platform_standalone.errors import PlatformError
from platform_standalone.front import Front
from platform_standalone.joining.manifest import JoinedService
from platform_standalone.nginx.program import Program, replace
from platform_standalone.ports import LOOPBACK
from platform_standalone.settings import PlatformSettings

# How long each of the two processes may take to follow (seconds); the gateway looks at its files every second.
FOLLOW_SECONDS = 10.0
POLL_SECONDS = 0.03

_SHUTTING_DOWN = "worker process is shutting down"


def follow(settings: PlatformSettings, edge_pid: int | None, closing: str) -> None:
    """Apply the registered services to edge and gateway. `closing` names a service that is removed or changed.

    The gateway opens last and closes first, so that it has no path that the edge does not check. Raises PlatformError.
    """
    front = Front(settings)
    services = front.registered.services
    if closing:
        _follow_gateway(front, settings, {name: services[name] for name in services if name != closing})
    _follow_edge(front.edge(services), edge_pid)
    _follow_gateway(front, settings, services)


def _follow_gateway(front: Front, settings: PlatformSettings, services: Mapping[str, JoinedService]) -> None:
    serial = time.time_ns() // 1_000_000
    front.gateway(services, serial).write()
    url = f"http://{LOOPBACK}:{settings.ports.gateway_status}/joined"

    def followed() -> bool:
        with suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=1) as response:
            status = json.load(response)
            if status["followed"] and status["serials"].get("0") == serial:
                _refuse_skipped(status["skipped"])
                return True
        return False

    if not _within(followed):
        raise PlatformError("The gateway does not apply the new routes; see make logs SERVICE=gateway.")


def _refuse_skipped(skipped: dict[str, str]) -> None:
    for reason in skipped.values():
        raise PlatformError(f"The gateway refuses the service: {reason}")


def _follow_edge(program: Program, pid: int | None) -> None:
    """Reload the edge if its configuration changed: old workers finish their requests while new ones start."""
    path = program.folder / "nginx.conf"
    before = path.read_text(encoding="utf-8")
    if program.files[path] == before:
        return
    program.write()
    if pid is None:
        return  # it is about to be started again, with the new file
    try:
        master = psutil.Process(pid)
        workers = _serving(master)
        master.send_signal(program.reload_signal)
        reloaded = _within(lambda: bool(now := _serving(master)) and not now & workers)
    except psutil.NoSuchProcess:
        return
    if not reloaded:
        replace(path, before)
        raise PlatformError("The edge does not apply the new routes; see make logs SERVICE=edge.")


def _serving(master: psutil.Process) -> set[psutil.Process]:
    """Return the workers that accept requests."""
    serving = set()
    for worker in master.children():
        with suppress(psutil.NoSuchProcess):
            if _SHUTTING_DOWN not in " ".join(worker.cmdline()):
                serving.add(worker)
    return serving


def _within(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + FOLLOW_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(POLL_SECONDS)
    return False
