"""What need not be done again: programs whose start costs more than their work, noted once they have done it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

UNCHANGED = "unchanged"


class Finished:
    """Jobs that were done, each with what it was done for; in a file that survives runs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def covers(self, job: str, what: str) -> bool:
        """Whether `job` was done for exactly `what`."""
        return self._load().get(job) == what

    def note(self, job: str, what: str) -> None:
        """Note that `job` was done for `what`."""
        draft = self._path.with_name(f".{self._path.name}")
        draft.write_text(json.dumps(self._load() | {job: what}, indent=2))
        draft.rename(self._path)

    def _load(self) -> dict[str, str]:
        try:
            document: dict[str, str] = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return document


def digest(folders: Iterable[Path]) -> str:
    """Return what tells the Python sources in `folders` from any others."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            total.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()
