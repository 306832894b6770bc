"""An answer as the ledger keeps it: bytes, so that a repeat gets the very same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True)
class Answer:
    """Status, kept headers and body of one answer.

    With `awaits`, the answer is provisional: its `status` says «accepted», and it becomes `final_status` once
    the events that it awaits have been delivered.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    replayed: bool = False
    final_status: int | None = None
    awaits: tuple[Any, ...] = ()

    def response(self) -> Response:
        """Return the response; everything here is personal, so nobody stores it (ASVS 14.3)."""
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.replayed:
            headers[REPLAYED] = "true"
        return Response(self.body or None, status_code=self.status, headers=headers)
