"""`platform reset`: forget everything."""

from __future__ import annotations

from standalone.client import status
from standalone.errors import PlatformError
from standalone.state import StateFolder


def reset(state: StateFolder) -> int:
    """Clear the state folder. Raises PlatformError while the platform runs."""
    now = status(state)
    if now["running"] or now["left"]:
        raise PlatformError("The platform runs; make down first, then its data may be cleared.")
    existed = state.exists()
    state.clear()
    print(f"{state.root} is cleared." if existed else f"There is nothing to clear in {state.root}.")
    return 0
