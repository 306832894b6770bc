"""Which processes a supervisor started: for whoever has to clear up after one that was killed."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from pathlib import Path

from platform_standalone.processes import ProcessIdentity, end_sessions

RECORD = "processes.json"

# How long processes that lost their supervisor may take to end; they have been told so by the kernel already.
LEFTOVER_SECONDS = 10.0


class ProcessRecord:
    """The supervisor and its parts, by name, in a file that survives them."""

    SUPERVISOR = "supervisor"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, ProcessIdentity] = {}

    def load(self) -> dict[str, ProcessIdentity]:
        """Return what the file says; nothing when there is none."""
        try:
            document = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            # It is written in one step; a machine that lost power may leave it empty. Then nothing of it runs.
            return {}
        return {name: ProcessIdentity(**entry) for name, entry in document.items()}

    def set(self, name: str, process: ProcessIdentity) -> None:
        """Note that `name` runs as `process`."""
        self._entries[name] = process
        self._save()

    def remove(self) -> None:
        """Forget everything: all have ended."""
        self._entries.clear()
        self._path.unlink(missing_ok=True)

    def end_leftovers(self) -> list[str]:
        """End what a dead supervisor left running, and return the names of it."""
        left = {name: process for name, process in self.load().items() if name != self.SUPERVISOR}
        alive = [name for name, process in left.items() if process.alive()]
        end_sessions(left.values(), signal.SIGTERM, LEFTOVER_SECONDS)
        return alive

    def _save(self) -> None:
        draft = self._path.with_name(f".{self._path.name}")
        draft.write_text(json.dumps({name: asdict(process) for name, process in self._entries.items()}, indent=2))
        draft.rename(self._path)
