"""`python -m platform_common.check_settings <module>:<class>`: check a service's settings without starting it.

Exits with 2 and one sentence when a variable is wrong, missing or misspelt.
"""

from __future__ import annotations

import importlib
import sys

from platform_common.settings import load_settings


def main(where: str) -> None:
    """Load the settings class that `where` names."""
    module, _, name = where.partition(":")
    load_settings(getattr(importlib.import_module(module), name))


if __name__ == "__main__":
    main(sys.argv[1])
