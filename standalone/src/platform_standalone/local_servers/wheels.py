"""Programs that Python packages contain."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


class ServerFailed(RuntimeError):
    """A server did not start; the message contains its last log lines."""


def package_folder(package: str) -> Path:
    """Return where `package` is installed, without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(f"The package {package} is not installed.")
    return Path(spec.submodule_search_locations[0])
