"""The idempotency key of a request: `X-Idempotency-Key`, or `Idempotency-Key` (IETF draft-07)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.datastructures import Headers

from platform_common.problems import Problem

MAX_LENGTH = 255

# RFC 8941, section 3.3.3: printable ASCII in double quotes, with a backslash before a quote or a backslash; what may
# follow are parameters (section 3.1.2), which mean nothing here.
_SF_STRING = re.compile(
    r'''"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"'''
    r"""(?: *; *[a-z*][a-z0-9_.*-]*(?:=(?:"[^"\\]*"|[A-Za-z0-9?:*/+%.=_-]+))?)* *"""
)
# A token (RFC 9110 or RFC 8941) is accepted in its place. Lists and the other types of structured fields (a byte
# sequence `:YWJj:`, a boolean `?1`, a date `@1`) are not.
_BARE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


class IdempotencyKeyInvalid(Problem):
    """The key is repeated, empty, too long, not printable ASCII, or given twice with different values."""

    code = "idempotency-key-invalid"
    status = 400


def idempotency_key(headers: Headers) -> str | None:
    """Return the request's key, or None when it has none. Raises IdempotencyKeyInvalid."""
    plain = headers.getlist("X-Idempotency-Key")
    structured = headers.getlist("Idempotency-Key")
    if len(plain) > 1 or len(structured) > 1:
        raise IdempotencyKeyInvalid("An idempotency key may be given once.")
    keys = {_checked(key) for key in plain} | {_checked(_unquoted(key)) for key in structured}
    # The same text in both headers is one key, as the structured header reads it.
    if len(keys) > 1 and plain != structured:
        raise IdempotencyKeyInvalid("X-Idempotency-Key and Idempotency-Key differ.")
    if structured:
        return _checked(_unquoted(structured[0]))
    return plain[0] if plain else None


def given_key(
    request: Request,
    x_idempotency_key: Annotated[  # noqa: ARG001 (for the document; read with its repetitions below)
        str | None,
        Header(
            alias="X-Idempotency-Key",
            description="A repeat under the same key gets the first response. At most 255 characters.",
            examples=["3f1c7a54-order-1"],
        ),
    ] = None,
    idempotency_key_: Annotated[  # noqa: ARG001 (the same)
        str | None,
        Header(
            alias="Idempotency-Key",
            description="The same, as a structured string.",
            examples=['"3f1c7a54-order-1"'],
        ),
    ] = None,
) -> str | None:
    """The request's key, if it has one. Raises IdempotencyKeyInvalid."""
    return idempotency_key(request.headers)


GivenKey = Annotated[str | None, Depends(given_key)]


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        match = _SF_STRING.fullmatch(value)
        if match is None:
            raise IdempotencyKeyInvalid("Idempotency-Key is not a valid string (RFC 8941, section 3.3.3).")
        return re.sub(r"\\(.)", r"\1", match[1])
    if value and not _BARE.fullmatch(value):
        raise IdempotencyKeyInvalid("Idempotency-Key is neither a string (RFC 8941, section 3.3.3) nor a token.")
    return value


def _checked(key: str) -> str:
    if not key:
        raise IdempotencyKeyInvalid("The idempotency key is empty.")
    if len(key) > MAX_LENGTH:
        raise IdempotencyKeyInvalid(f"The idempotency key is longer than {MAX_LENGTH} characters.")
    if not _PRINTABLE.fullmatch(key):
        raise IdempotencyKeyInvalid("The idempotency key must be printable ASCII.")
    return key
