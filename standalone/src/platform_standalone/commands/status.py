"""`platform status`: a table of the parts, or JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from platform_standalone.client import status
from platform_standalone.state import StateFolder

_COLUMNS = ("part", "address", "pid", "health", "restarts", "log")
_JOINED_COLUMNS = ("joined service", "paths", "auth", "url")


def print_status(checkout: Path, state: StateFolder, as_json: bool) -> int:
    """Print what runs. As JSON: `running`, `phase`, `url`, `supervisor`, `parts`, `joined`."""
    joined, faults = _registered(checkout, state)
    now = status(state) | {"joined": joined}
    if as_json:
        print(json.dumps(now, indent=2))
    elif now["running"]:
        print(f"{now['url']} · {now['phase']} · supervisor {now['supervisor']}\n")
        print(table([_row(part) for part in now["parts"]]))
    elif now["left"]:
        print(f"The supervisor was killed; {', '.join(now['left'])} may still run. make up starts all again.")
    else:
        print("The platform does not run; make up starts it.")
    if not as_json:
        _print_joined(joined, faults)
    return 0


def _registered(checkout: Path, state: StateFolder) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
    """Return the joined services, and by name why others are not served."""
    if not any(state.joined.glob("*.yaml")):
        return [], {}
    # Imported where needed: without joined services the command is to answer at once.
    from platform_standalone.joining.registry import Registry

    registered = Registry(checkout, state.joined).load()
    return [service.summary() for service in registered.services.values()], registered.faults


def _print_joined(joined: list[dict[str, Any]], faults: Mapping[str, str]) -> None:
    if joined:
        rows = [(entry["name"], " ".join(entry["paths"]), entry["auth"], entry["url"]) for entry in joined]
        print(f"\n{table(rows, _JOINED_COLUMNS)}")
    for name, fault in faults.items():
        print(f"\n{name} is registered but not served: {fault}")


def table(rows: Sequence[tuple[str, ...]], columns: tuple[str, ...] = _COLUMNS) -> str:
    """Return `rows` under their headings, in columns as wide as they have to be."""
    lines = [tuple(name.upper() for name in columns), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _row(part: dict[str, Any]) -> tuple[str, ...]:
    restarts = f"{part['restarts']} ({part['last_exit']})" if part["restarts"] else "0"
    pid = str(part["pid"] or "-")
    return part["name"], part["address"], pid, part["health"], restarts, os.path.relpath(part["log"])
