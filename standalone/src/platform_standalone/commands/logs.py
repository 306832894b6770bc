"""`member-platform logs`: follow the components' logs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from platform_standalone.errors import PlatformError
from platform_standalone.state import StateFolder


def follow(state: StateFolder, component: str, lines: int) -> int:
    """Run `tail -F` on the log files of one component or of all. Raises PlatformError if there is none."""
    files = log_files(state, component)
    if not files:
        known = ", ".join(sorted({path.name.split(".")[0] for path in state.logs.glob("*.log")}))
        raise PlatformError(
            f"There is no log of {component or 'any component'}. Available: {known or 'none (run make up)'}."
        )
    # Python ignores SIGPIPE, and tail would inherit that: a reader that closes early (`head`) would be an error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp("tail", ["tail", f"--lines={lines}", "-F", *map(str, files)])  # noqa: S606, S607 (it takes our place)


def log_files(state: StateFolder, component: str) -> list[Path]:
    """Return the log files of `component` (nginx writes several), or of every component."""
    return sorted(path for path in state.logs.glob("*.log") if not component or path.name.split(".")[0] == component)
