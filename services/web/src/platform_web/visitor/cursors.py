"""Pagination cursors in query parameters."""

from __future__ import annotations

import re

from starlette.requests import Request

_CURSOR = re.compile(r"[A-Za-z0-9._~=-]{1,500}")


def read_cursor(request: Request) -> str:
    """Return the cursor in the query parameters, or an empty string if it is missing or invalid."""
    given = request.query_params.get("cursor", "")
    return given if _CURSOR.fullmatch(given) else ""
