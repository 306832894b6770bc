"""Log files with a size limit."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

MAX_BYTES = 20 * 1024 * 1024
CHECK_SECONDS = 15.0


def bound(folder: Path, max_bytes: int = MAX_BYTES) -> None:
    """Move a log that is larger than `max_bytes` to `<name>.log.1`, replacing the previous one.

    The file stays the same one, so that its writer need not know; a line written meanwhile may be lost.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size > max_bytes:
            shutil.copyfile(log, log.with_name(log.name + ".1"))
            with log.open("r+b") as file:
                file.truncate(0)


async def keep_bounded(folder: Path) -> None:
    """Enforce the size limit in `folder`, without end."""
    while True:
        await asyncio.to_thread(bound, folder)
        await asyncio.sleep(CHECK_SECONDS)


# Marks of the line that explains why a program exited; programs often write more after it.
_CAUSES = ("No space left on device", "PANIC:", "FATAL:", "[emerg]", "ERROR:")


def cause(text: str) -> str:
    """Return the line of a program's output that best explains its exit, or an empty text."""
    lines = [line.strip() for line in text.strip().splitlines()]
    for mark in _CAUSES:
        if marked := [line for line in lines if mark in line]:
            return marked[-1]
    return lines[-1] if lines else ""


def logged_cause(log: Path, since: int = 0) -> str:
    """Return the line of `log` after byte `since` that best explains its writer's exit, or an empty text."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - 4096))
            return cause(file.read().decode(errors="replace"))
    except FileNotFoundError:
        return ""
