"""Jobs that need not run again: programs whose start costs more than their work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

UNCHANGED = "unchanged"


class JobCache:
    """Finished jobs with a digest of their input, in a file that outlives the supervisor."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_done(self, job: str, what: str) -> bool:
        """Return whether `job` has run with the input `what`."""
        return self._load().get(job) == what

    def mark_done(self, job: str, what: str) -> None:
        """Record that `job` has run with the input `what`."""
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
    """Return a digest of the Python sources in `folders`. Raises FileNotFoundError for a folder that does not exist."""
    total = hashlib.sha256()
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f"There is no folder {folder}.")
        for path in sorted(folder.rglob("*.py")):
            total.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()
