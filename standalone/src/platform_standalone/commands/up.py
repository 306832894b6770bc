"""`member-platform up`: start everything, or print the reason of the failure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from platform_standalone.client import status, supervisor_identity
from platform_standalone.errors import PlatformError
from platform_standalone.log_files import logged_cause
from platform_standalone.ports import Ports
from platform_standalone.settings import check_environment, warnings
from platform_standalone.state import StateFolder
from platform_standalone.welcome import welcome

# How long to wait for a start that another `up` has begun (seconds).
OTHER_START_SECONDS = 120.0


def up(
    checkout: Path,
    state: StateFolder,
    ports: Ports,
    edge_host: str,
    environment: Mapping[str, str],
    port_given: bool,
) -> int:
    """Start the platform and print the progress. Raises PlatformError after stopping everything.

    A platform that is already running is not changed; that is an error only if another port was given.
    """
    check_environment(environment)
    for warning in warnings(environment):
        print(f"Warning: {warning}", file=sys.stderr)
    state.create()
    asked_port = ports.edge if port_given else None
    running = status(state)
    if running["running"]:
        return _already(running, state, asked_port)
    state.check_space()
    began = time.monotonic()
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    daemon = _spawn(checkout, state, ports, edge_host, environment)
    try:
        outcome = _follow(daemon)
    except KeyboardInterrupt:
        print("\nStopping …")
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        return 130
    match outcome["event"]:
        case "ready":
            print(f"Ready after {time.monotonic() - began:.1f} s.\n")
            running = status(state)
            print(welcome(state, running["url"], running["mailbox"]))
            return 0
        case "already":
            return _already(_settled(state), state, asked_port)
        case "error":
            daemon.wait()
            raise PlatformError(f"{outcome['message']}")
        case _:
            daemon.wait()
            said = logged_cause(state.log("supervisor")) or f"exit code {daemon.returncode}"
            raise PlatformError(f"The supervisor ended: {said} · see {os.path.relpath(state.log('supervisor'))}")


def _spawn(
    checkout: Path, state: StateFolder, ports: Ports, edge_host: str, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    where = ["--state", str(state.root), "--edge-host", edge_host, "--ports", json.dumps(asdict(ports))]
    with state.log("supervisor").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "platform_standalone", "supervise", *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=checkout,
            env=dict(environment),
            start_new_session=True,  # it outlives this terminal, and gets no Ctrl-C of it
        )


def _follow(daemon: subprocess.Popen[str]) -> dict[str, Any]:
    """Print finished steps, and return the last message of the start."""
    if daemon.stdout is None:
        raise AssertionError("stdout is a pipe")
    for line in daemon.stdout:
        message: dict[str, Any] = json.loads(line)
        if message["event"] != "step":
            return message
        print(f"  {message['name']:<22} {message['what']:<28} {message['seconds']:5.1f} s", flush=True)
    return {"event": "ended"}


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _settled(state: StateFolder) -> dict[str, Any]:
    """Wait for another `up` to finish."""
    deadline = time.monotonic() + OTHER_START_SECONDS
    while time.monotonic() < deadline:
        now = status(state)
        if now.get("phase") == "ready":
            return now
        if supervisor_identity(state) is None:
            raise PlatformError("Another make up failed. Try again.")
        time.sleep(0.1)
    raise PlatformError("Another make up is still starting the platform. See make status.")


def _already(running: dict[str, Any], state: StateFolder, asked_port: int | None) -> int:
    """Report the running platform. Raises PlatformError if another port was requested."""
    if running["phase"] == "stopping":
        raise PlatformError("The platform is stopping. Run make up again in a moment.")
    if running["phase"] == "starting":
        running = _settled(state)
    if asked_port is not None and not running["url"].endswith(f":{asked_port}"):
        raise PlatformError(
            f"The platform is already running at {running['url']}. To change the port, run make down first."
        )
    print(f"The platform is already running at {running['url']}; nothing was changed.\n")
    print(welcome(state, running["url"], running["mailbox"]))
    return 0
