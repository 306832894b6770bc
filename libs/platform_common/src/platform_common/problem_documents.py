"""Problem documents (RFC 9457) that other services sent."""

from __future__ import annotations

import json
from typing import Any


def parse_problem(body: bytes) -> dict[str, Any]:
    """Return the document in `body`; an empty one where there is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def problem_code(body: bytes) -> str:
    """Return the code of the document in `body`, or an empty string."""
    return str(parse_problem(body).get("code", ""))
