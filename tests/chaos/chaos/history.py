"""What clients saw and what was done to the platform: one JSON document a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO


@dataclass(frozen=True)
class Sent:
    """A request left. Every attempt under one key is the same request."""

    at: float
    key: str
    attempt: int
    operation: str


@dataclass(frozen=True)
class Answered:
    """A response came in full. `digest` is of all that a repeat must get again: status, kept headers, body."""

    at: float
    key: str
    attempt: int
    status: int
    code: str | None
    digest: str
    replayed: bool


@dataclass(frozen=True)
class Lost:
    """No response came, or not in full: the client does not know whether the request had its effect."""

    at: float
    key: str
    attempt: int
    why: str


@dataclass(frozen=True)
class Fault:
    """Something was done to the platform."""

    at: float
    what: str
    to: str
    point: str | None


Event = Sent | Answered | Lost | Fault

_KINDS: dict[str, type[Event]] = {kind.__name__.lower(): kind for kind in (Sent, Answered, Lost, Fault)}


class Recorder:
    """Writes events as they happen, so that the file is whole up to whatever ended the run."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.events: list[Event] = []

    def note(self, event: Event) -> None:
        """Keep `event`."""
        self.events.append(event)
        self._file.write(as_line(event) + "\n")


def as_line(event: Event) -> str:
    """Return the event as one line of JSON."""
    return json.dumps({"kind": type(event).__name__.lower()} | asdict(event))


def read(path: Path) -> list[Event]:
    """Read a history file."""
    with path.open(encoding="utf-8") as file:
        return list(parse(file))


def parse(lines: Iterable[str]) -> Iterator[Event]:
    """Turn lines back into events."""
    for line in lines:
        document: dict[str, Any] = json.loads(line)
        yield _KINDS[document.pop("kind")](**document)
