"""The shipped route table, as the tests that walk every route see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

VALUES = Path(__file__).parents[3] / "charts" / "member-platform" / "values.yaml"

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One path of one row."""

    row: str
    path: str
    prefix: bool
    methods: tuple[str, ...]
    service: str
    auth: str
    roles: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.row}:{self.path}"


def routes() -> Iterator[Route]:
    """Yield every path of every row of the table."""
    for row, values in yaml.safe_load(VALUES.read_text())["routes"].items():
        for path in values["paths"]:
            yield Route(
                row=row,
                path=path["path"],
                prefix=path["type"] == "Prefix",
                methods=tuple(values["methods"]),
                service=values["service"],
                auth=values["auth"],
                roles=tuple(values.get("roles", ())),
            )
