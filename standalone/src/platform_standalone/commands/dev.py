"""`platform dev`: run one service in the foreground, restarted when its source changes, against the rest."""

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

# What pages are made of, besides Python.
PAGES = (".html", ".css", ".js", ".svg", ".po")


def dev(state: StateFolder, part: str) -> int:
    """Take `part` over from the supervisor until Ctrl-C. Raises PlatformError.

    The supervisor starts it again as soon as this process has gone, however it went: the conversation is the hold.
    """
    if not part:
        raise PlatformError("Name the service to run here: make dev SERVICE=member (or auth, shop, web).")
    try:
        with ask(state.run, {"do": "hold", "part": part}) as answers:
            answer = next(answers, {"event": "refused", "why": "The supervisor ended."})
            if answer["event"] != "held":
                raise PlatformError(answer["why"])
            _run(part, answer)
    except NotRunning:
        raise PlatformError("The platform does not run; make up starts it.") from None
    print(f"\n{part} is the supervisor's again.")
    return 0


def _run(part: str, held: Message) -> None:
    print(f"{part} runs here now, and is restarted when its source changes. Ctrl-C gives it back.", flush=True)
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.clear()
    os.environ.update(held["environment"] | _verbose(part))
    os.chdir(held["cwd"])
    command = tied_to_parent(held["command"], signal.SIGTERM)
    run_process(
        *(Path(source) for source in held["sources"]),
        target=shlex.join(command),
        target_type="command",
        watch_filter=PythonFilter(extra_extensions=PAGES),
        callback=lambda changes: print(f"{part}: {len(changes)} changed, restarting", flush=True),
    )


def _verbose(part: str) -> dict[str, str]:
    return {f"{part.upper()}_LOG_LEVEL": "debug"}


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
