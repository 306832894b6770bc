"""`platform demo-data`: fill the shop of a running platform, also one that was started without goods."""

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
    """Add the goods that are missing, and print how many that were. Raises PlatformError unless the platform runs."""
    addresses = {part["name"]: part["address"] for part in status(state)["parts"]}
    if "postgres" not in addresses:
        raise PlatformError("The platform does not run; make up starts it.")
    password = load_credentials(state.credentials).shop_app
    url = f"postgresql://{SHOP.app}:{password}@{addresses['postgres']}/{SHOP.name}"
    command = [str(Path(sys.executable).with_name("shop")), "demo-data"]
    return subprocess.run(command, env={**os.environ, "SHOP_DATABASE_URL": url}, cwd="/", check=False).returncode
