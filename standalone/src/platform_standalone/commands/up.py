"""`platform up`: start everything, or say why not."""

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
    """Start the platform and print how it goes. Raises PlatformError; nothing is left running then.

    A platform that runs already stays as it is; that is an error only where another port was given.
    """
    check_environment(environment)
    for warning in warnings(environment):
        print(f"Warning: {warning}", file=sys.stderr)
    state.create()
    asked_port = ports.edge if port_given else None
    running = status(state)
    if running["running"]:
        return _already(running, state, asked_port)
    began = time.monotonic()
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    daemon = _spawn(checkout, state, ports, edge_host, environment)
    try:
        outcome = _follow(daemon)
    except KeyboardInterrupt:
        print("\nStopping what was started …")
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        return 130
    match outcome["event"]:
        case "ready":
            print(f"Ready after {time.monotonic() - began:.1f} s.\n")
            print(welcome(state, status(state)["url"]))
            return 0
        case "already":
            return _already(_settled(state), state, asked_port)
        case "refused":
            daemon.wait()
            raise PlatformError(f"{outcome['why']}")
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
    """Print the steps as they are done, and return the message that ends the start."""
    if daemon.stdout is None:
        raise AssertionError("the pipe was asked for")
    for line in daemon.stdout:
        message: dict[str, Any] = json.loads(line)
        if message["event"] != "step":
            return message
        print(f"  {message['name']:<22} {message['what']:<28} {message['seconds']:5.1f} s", flush=True)
    return {"event": "ended"}


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _settled(state: StateFolder) -> dict[str, Any]:
    """Wait for another `up` to come to its end."""
    deadline = time.monotonic() + OTHER_START_SECONDS
    while time.monotonic() < deadline:
        now = status(state)
        if now.get("phase") == "ready":
            return now
        if supervisor_identity(state) is None:
            raise PlatformError("Another make up was on its way and did not succeed; try again.")
        time.sleep(0.1)
    raise PlatformError("Another make up is on its way but does not come to an end; see make status.")


def _already(running: dict[str, Any], state: StateFolder, asked_port: int | None) -> int:
    """Report the platform that runs already. Raises PlatformError when another port was asked for."""
    if running["phase"] == "stopping":
        raise PlatformError("The platform is stopping; start it again in a moment.")
    if running["phase"] == "starting":
        running = _settled(state)
    if asked_port is not None and not running["url"].endswith(f":{asked_port}"):
        raise PlatformError(f"The platform already runs at {running['url']}; to move it: make down, then make up.")
    print(f"The platform already runs at {running['url']}; nothing was changed.\n")
    print(welcome(state, running["url"]))
    return 0
