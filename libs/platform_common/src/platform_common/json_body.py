"""JSON request bodies: I-JSON (RFC 7493), the same for every service."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from platform_common.problems import PayloadMalformed


def is_json(content_type: str) -> bool:
    """Return whether a body of this type is JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def check_json(body: bytes) -> None:
    """Raise PayloadMalformed unless `body` is JSON that every component can store and pass on.

    That is UTF-8 without lone surrogates, NaN or infinity (RFC 7493), and without U+0000: PostgreSQL cannot store it.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise PayloadMalformed(f"The body is not valid JSON: {error}.") from None
    # Escaped is the only way in which valid JSON has it, and walking the value is only needed then.
    if b"\\u0000" in body and _contains_nul(value):
        raise PayloadMalformed("Text in the body may not contain U+0000.")


def _contains_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or _contains_nul(item) for name, item in value.items())
    return isinstance(value, list) and any(map(_contains_nul, value))
