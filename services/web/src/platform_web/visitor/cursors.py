"""Cursors in addresses of lists: opaque, from the page before."""

from __future__ import annotations

import re

from starlette.requests import Request

_CURSOR = re.compile(r"[A-Za-z0-9._~=-]{1,500}")


def cursor_of(request: Request) -> str:
    """Return the cursor of the address, or nothing when it is none."""
    given = request.query_params.get("cursor", "")
    return given if _CURSOR.fullmatch(given) else ""
