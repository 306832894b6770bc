"""A service's tables: where their steps lie, and how far this code needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Schema:
    """The tables of `service`, created by the scripts in `migrations`.

    `revision` is the last step that this code needs. Steps are numbered, so that order shows without reading them all.
    """

    service: str
    migrations: Path
    revision: str
