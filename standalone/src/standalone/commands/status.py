"""`platform status`: a table of the parts, or JSON."""

from __future__ import annotations

import json
import os
from typing import Any

from standalone.client import status
from standalone.state import StateFolder

_COLUMNS = ("part", "address", "pid", "health", "restarts", "log")


def print_status(state: StateFolder, as_json: bool) -> int:
    """Print what runs. As JSON: `running`, `phase`, `url`, `supervisor`, `parts`."""
    now = status(state)
    if as_json:
        print(json.dumps(now, indent=2))
    elif now["running"]:
        print(f"{now['url']} · {now['phase']} · supervisor {now['supervisor']}\n")
        print(table([_row(part) for part in now["parts"]]))
    elif now["left"]:
        print(f"The supervisor was killed; {', '.join(now['left'])} may still run. make up starts all again.")
    else:
        print("The platform does not run; make up starts it.")
    return 0


def table(rows: list[tuple[str, ...]]) -> str:
    """Return `rows` under their headings, in columns as wide as they have to be."""
    lines = [tuple(name.upper() for name in _COLUMNS), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _row(part: dict[str, Any]) -> tuple[str, ...]:
    restarts = f"{part['restarts']} ({part['last_exit']})" if part["restarts"] else "0"
    pid = str(part["pid"] or "-")
    return part["name"], part["address"], pid, part["health"], restarts, os.path.relpath(part["log"])
