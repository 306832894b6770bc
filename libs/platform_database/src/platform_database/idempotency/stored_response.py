"""A response as it is recorded: bytes, so that a repeat gets the same response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True)
class StoredResponse:
    """Status, recorded headers and body of one response.

    With `pending_events`, the response is provisional: its `status` is 202, and it becomes `final_status` once
    these events have been delivered.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    replayed: bool = False
    final_status: int | None = None
    pending_events: tuple[Any, ...] = ()

    def to_response(self) -> Response:
        """Return the HTTP response; it is personal, so it must not be cached (ASVS 14.3)."""
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.replayed:
            headers[REPLAYED] = "true"
        return Response(self.body or None, status_code=self.status, headers=headers)
