"""`member-platform reset`: delete all data of the platform."""

from __future__ import annotations

import sys

from platform_standalone.client import status
from platform_standalone.errors import PlatformError
from platform_standalone.state import StateFolder


def reset(state: StateFolder, confirmed: bool) -> int:
    """Delete the contents of the state folder after a confirmation. Raises PlatformError while the platform runs."""
    now = status(state)
    if now["running"] or now["orphans"]:
        raise PlatformError("The platform is running. Run make down before make reset.")
    if state.root.exists() and not (confirmed or _confirm(state)):
        print("Nothing was deleted.")
        return 1
    existed = state.exists()
    state.clear()
    print(f"Deleted all data in {state.root}." if existed else f"There is no data in {state.root}.")
    return 0


def _confirm(state: StateFolder) -> bool:
    what = f"all accounts, orders, sessions, keys and logs in {state.root}"
    if not sys.stdin.isatty():
        raise PlatformError(f"This deletes {what}; confirm it with: make reset YES=1")
    return input(f"This deletes {what}. Type yes to continue: ").strip().lower() == "yes"
