"""`member-platform demo-data`: fill the shop of a running platform with sample products."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from platform_standalone.client import status
from platform_standalone.credentials import load_credentials
from platform_standalone.database import SHOP
from platform_standalone.errors import PlatformError
from platform_standalone.state import StateFolder


def fill_shop(state: StateFolder) -> int:
    """Add missing sample products, and print their number. Raises PlatformError if the platform is not running."""
    addresses = {component["name"]: component["address"] for component in status(state)["components"]}
    if "postgres" not in addresses:
        raise PlatformError("The platform is not running. Start it with make up.")
    password = load_credentials(state.credentials).shop_app
    url = f"postgresql://{SHOP.app}:{password}@{addresses['postgres']}/{SHOP.name}"
    command = [str(Path(sys.executable).with_name("shop")), "demo-data"]
    return subprocess.run(command, env={**os.environ, "SHOP_DATABASE_URL": url}, cwd="/", check=False).returncode
