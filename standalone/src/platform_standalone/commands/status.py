"""`member-platform status`: a table of the components, or JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from platform_standalone.client import status
from platform_standalone.state import StateFolder

_COLUMNS = ("component", "address", "pid", "health", "restarts", "log")
_JOINED_COLUMNS = ("joined service", "paths", "auth", "url")


def print_status(checkout: Path, state: StateFolder, as_json: bool) -> int:
    """Print the status. As JSON: `running`, `phase`, `url`, `supervisor`, `components`, `joined`."""
    joined, faults = _registered(checkout, state)
    now = status(state) | {"joined": joined}
    if as_json:
        print(json.dumps(now, indent=2))
    elif now["running"]:
        print(f"{now['url']} · {now['phase']} · supervisor {now['supervisor']}\n")
        print(table([_row(component) for component in now["components"]]))
    elif now["orphans"]:
        print(f"Supervisor is gone; still running: {', '.join(now['orphans'])}. Run make up to restart.")
    else:
        print("The platform is not running. Start it with make up.")
    if not as_json:
        _print_joined(joined, faults)
    return 0


def _registered(checkout: Path, state: StateFolder) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
    """Return the joined services, and by name the errors of those that are not served."""
    if not any(state.joined.glob("*.yaml")):
        return [], {}
    # Imported where needed, so that the command starts fast without joined services.
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
    """Return `rows` as a table with headings and aligned columns."""
    lines = [tuple(name.upper() for name in columns), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _row(component: dict[str, Any]) -> tuple[str, ...]:
    restarts = f"{component['restarts']} ({component['last_exit']})" if component["restarts"] else "0"
    pid = str(component["pid"] or "-")
    return (
        component["name"],
        component["address"],
        pid,
        component["health"],
        restarts,
        os.path.relpath(component["log"]),
    )
