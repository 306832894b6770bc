"""`platform logs`: follow what parts write."""

from __future__ import annotations

import os
from pathlib import Path

from platform_standalone.errors import PlatformError
from platform_standalone.state import StateFolder


def follow(state: StateFolder, part: str, lines: int) -> int:
    """Become `tail -F` of a part's log files, or of all. Raises PlatformError when there is none."""
    files = log_files(state, part)
    if not files:
        known = ", ".join(sorted({path.name.split(".")[0] for path in state.logs.glob("*.log")}))
        raise PlatformError(f"No log of {part or 'any part'}; there is: {known or 'nothing yet (make up)'}.")
    os.execvp("tail", ["tail", f"--lines={lines}", "-F", *map(str, files)])  # noqa: S606, S607 (it takes our place)


def log_files(state: StateFolder, part: str) -> list[Path]:
    """Return the log files of `part` (nginx writes several), or of every part."""
    return sorted(path for path in state.logs.glob("*.log") if not part or path.name.split(".")[0] == part)
