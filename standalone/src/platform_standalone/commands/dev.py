"""`member-platform dev`: run one service in the foreground, restarted on source changes."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn

from watchfiles import PythonFilter, run_process

from platform_standalone.control import Message, NotRunning, send_command
from platform_standalone.errors import PlatformError
from platform_standalone.processes import tied_to_parent
from platform_standalone.state import StateFolder

# Sources of pages besides Python.
PAGES = (".html", ".css", ".js", ".svg", ".po")


def dev(state: StateFolder, component: str) -> int:
    """Take `component` over from the supervisor until Ctrl-C. Raises PlatformError.

    The supervisor restarts the service when this connection closes.
    """
    if not component:
        raise PlatformError("Name the service to run: make dev SERVICE=member (or auth, shop, web).")
    try:
        with send_command(state.run, {"command": "take-over", "component": component}) as replies:
            reply = next(replies, {"event": "error", "message": "The supervisor ended."})
            if reply["event"] != "detached":
                raise PlatformError(reply["message"])
            _run(component, reply)
    except NotRunning:
        raise PlatformError("The platform is not running. Start it with make up.") from None
    print(f"\n{component} runs under the supervisor again.")
    return 0


def _run(component: str, detached: Message) -> None:
    print(
        f"{component} runs in the foreground and restarts on source changes. "
        "Press Ctrl-C to return it to the supervisor.",
        flush=True,
    )
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.clear()
    os.environ.update(detached["environment"] | _verbose(component))
    os.chdir(detached["cwd"])
    command = tied_to_parent(detached["command"], signal.SIGTERM)
    run_process(
        *(Path(source) for source in detached["sources"]),
        target=shlex.join(command),
        target_type="command",
        watch_filter=PythonFilter(extra_extensions=PAGES),
        callback=lambda changes: print(f"{component}: {len(changes)} changed, restarting", flush=True),
    )


def _verbose(component: str) -> dict[str, str]:
    return {f"{component.upper()}_LOG_LEVEL": "debug"}


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
