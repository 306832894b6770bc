"""The tables of external routes as a pod of the gateway has them: from mounted files, and newer from the operator.

The files are there whatever else is down, but the kubelet brings a change within a minute or so. The operator gives a
changed table out at once, and gets a report of what this pod's nginx follows.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from platform_routes.gateway_file import ExternalTable, load_external_table
from platform_routes.table import RouteTableError

# How long the operator, or this pod's nginx, may take to response (seconds).
RESPONSE_SECONDS = 2.0


class _Response(BaseModel):
    model_config = ConfigDict(extra="ignore")

    tables: dict[int, ExternalTable] = Field(default_factory=dict)


class _Followed(BaseModel):
    """What every worker of nginx follows, by its status listener."""

    model_config = ConfigDict(extra="ignore")

    followed: bool = False
    serials: dict[int, int] = Field(default_factory=dict)
    skipped: dict[str, str] = Field(default_factory=dict)


class ExternalTables:
    """The newest known version of each table. An unreadable table changes nothing."""

    def __init__(self, folder: Path, operator_url: str, status_url: str) -> None:
        self._folder = folder
        self._operator_url = operator_url
        self._status_url = status_url
        self._tables: dict[int, ExternalTable] = {}
        self._followed = _Followed()
        self._lock = threading.Lock()
        self._known_trouble: dict[str, str] = {}

    def read(self) -> dict[int, ExternalTable]:
        """Return the tables, after a look at the files."""
        for file in sorted(self._folder.glob("*.json")):
            if file.stem.isdigit():
                self._read_file(file)
        with self._lock:
            return dict(self._tables)

    def exchange(self) -> None:
        """Request newer tables from the operator, and report what nginx follows. Failures are only logged."""
        if not self._operator_url:
            return
        try:
            response = _Response.model_validate(self._request_tables())
        except (OSError, ValueError) as error:
            self._note(
                "operator", f"The operator gives no tables, the mounted ones count: {type(error).__name__} {error}"
            )
            return
        for number, table in response.tables.items():
            self._store(number, table)
        self._note("operator", "")

    def keep_exchanging(self, stop: threading.Event, seconds: float) -> None:
        """Exchange every so often, until `stop`."""
        while not stop.wait(seconds):
            self.exchange()

    def _read_file(self, file: Path) -> None:
        try:
            self._store(int(file.stem), load_external_table(file))
        except RouteTableError as error:
            self._note(file.name, str(error))
        else:
            self._note(file.name, "")

    def _request_tables(self) -> Any:
        followed = self._followed_serials()
        with self._lock:
            have = {number: table.serial for number, table in self._tables.items()}
        question = {"have": have, "loaded": followed.serials, "refused": followed.skipped}
        return _fetch(self._operator_url, json.dumps(question).encode())

    def _followed_serials(self) -> _Followed:
        """Return the serials that all workers follow, or the last ones while they differ."""
        try:
            found = _Followed.model_validate(_fetch(self._status_url))
        except (OSError, ValueError):
            return self._followed
        if found.followed:
            self._followed = found
        return self._followed

    def _store(self, number: int, table: ExternalTable) -> None:
        with self._lock:
            known = self._tables.get(number)
            if known is None or table.serial > known.serial:
                self._tables[number] = table

    def _note(self, where: str, sentence: str) -> None:
        """Log a problem once, until it changes or ends."""
        if sentence and self._known_trouble.get(where) != sentence:
            print(sentence, file=sys.stderr, flush=True)  # noqa: T201 (the container's log)
        self._known_trouble[where] = sentence


def _fetch(url: str, body: bytes | None = None) -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 (the platform's own)
    with urllib.request.urlopen(request, timeout=RESPONSE_SECONDS) as response:  # noqa: S310
        return json.loads(response.read())
