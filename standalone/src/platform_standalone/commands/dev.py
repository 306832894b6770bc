"""`member-platform dev`: run one service in the foreground, restarted on source changes."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn

from watchfiles import PythonFilter, run_process

from platform_standalone.control import Message, NotRunning, ask
from platform_standalone.errors import PlatformError
from platform_standalone.processes import tied_to_parent
from platform_standalone.state import StateFolder

# Sources of pages besides Python.
PAGES = (".html", ".css", ".js", ".svg", ".po")


def dev(state: StateFolder, part: str) -> int:
    """Take `part` over from the supervisor until Ctrl-C. Raises PlatformError.

    The supervisor restarts the service when this connection closes.
    """
    if not part:
        raise PlatformError("Name the service to run: make dev SERVICE=member (or auth, shop, web).")
    try:
        with ask(state.run, {"command": "take-over", "component": part}) as replies:
            reply = next(replies, {"event": "error", "message": "The supervisor ended."})
            if reply["event"] != "detached":
                raise PlatformError(reply["message"])
            _run(part, reply)
    except NotRunning:
        raise PlatformError("The platform is not running. Start it with make up.") from None
    print(f"\n{part} runs under the supervisor again.")
    return 0


def _run(part: str, detached: Message) -> None:
    print(
        f"{part} runs in the foreground and restarts on source changes. Press Ctrl-C to return it to the supervisor.",
        flush=True,
    )
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.clear()
    os.environ.update(detached["environment"] | _verbose(part))
    os.chdir(detached["cwd"])
    command = tied_to_parent(detached["command"], signal.SIGTERM)
    run_process(
        *(Path(source) for source in detached["sources"]),
        target=shlex.join(command),
        target_type="command",
        watch_filter=PythonFilter(extra_extensions=PAGES),
        callback=lambda changes: print(f"{part}: {len(changes)} changed, restarting", flush=True),
    )


def _verbose(part: str) -> dict[str, str]:
    return {f"{part.upper()}_LOG_LEVEL": "debug"}


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
