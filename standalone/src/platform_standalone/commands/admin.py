"""`member-platform admin`: the first administrator's log-in."""

from __future__ import annotations

import json

from platform_standalone.state import StateFolder
from platform_standalone.welcome import administrator


def print_administrator(state: StateFolder) -> int:
    """Print `email` and `password` as JSON. Raises PlatformError when there is no administrator yet."""
    admin = administrator(state)
    print(json.dumps({"email": admin["email"], "password": admin["password"]}))
    return 0
