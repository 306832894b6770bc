"""The processes that a supervisor started, so that its orphans can be killed after a crash."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from pathlib import Path

from platform_standalone.processes import ProcessIdentity, end_sessions

RECORD = "processes.json"

# How long orphaned processes may take to exit; the kernel has already signalled them (seconds).
ORPHAN_SECONDS = 10.0


class ProcessTable:
    """The supervisor and its components by name, in a file that outlives them."""

    SUPERVISOR = "supervisor"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, ProcessIdentity] = {}

    def load(self) -> dict[str, ProcessIdentity]:
        """Return the recorded processes."""
        try:
            document = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            # The file is replaced atomically; it can be empty only after a power failure, when nothing runs.
            return {}
        return {name: ProcessIdentity(**entry) for name, entry in document.items()}

    def set(self, name: str, process: ProcessIdentity) -> None:
        """Record the process of `name`."""
        self._entries[name] = process
        self._save()

    def remove(self) -> None:
        """Remove the file; all processes have ended."""
        self._entries.clear()
        self._path.unlink(missing_ok=True)

    def kill_orphans(self) -> list[str]:
        """Kill the processes of a dead supervisor, and return the names of those that were running."""
        left = {name: process for name, process in self.load().items() if name != self.SUPERVISOR}
        alive = [name for name, process in left.items() if process.alive()]
        end_sessions(left.values(), signal.SIGTERM, ORPHAN_SECONDS)
        return alive

    def _save(self) -> None:
        draft = self._path.with_name(f".{self._path.name}")
        draft.write_text(json.dumps({name: asdict(process) for name, process in self._entries.items()}, indent=2))
        draft.rename(self._path)
