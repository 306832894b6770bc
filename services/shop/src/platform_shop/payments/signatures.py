"""Signatures of a provider's events: HMAC-SHA-256 of time and body."""

from __future__ import annotations

import hashlib
import hmac
import re

from pydantic import SecretStr

from platform_common.problems import Problem

HEADER = "X-Signature"
# An older one is a recording (seconds); clocks differ a little, both ways.
TOLERANCE = 300

_TIME = re.compile(r"t=([0-9]{1,12})")
_SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")


class SignatureInvalid(Problem):
    """The event was not signed by the provider, or long ago."""

    code = "signature-invalid"
    status = 400

    def __init__(self) -> None:
        super().__init__("The event is not signed by its provider, or its signature is too old.")


def sign(secret: SecretStr, body: bytes, at: int) -> str:
    """Return the header of an event that is sent `at` (seconds since 1970)."""
    return f"t={at},v1={_digest(secret, body, at)}"


def check(secret: SecretStr, header: str, body: bytes, now: float) -> None:
    """Raise SignatureInvalid unless one of the header's signatures is right: while keys change there may be two."""
    parts = [part.strip() for part in header.split(",")]
    times = [match[1] for part in parts if (match := _TIME.fullmatch(part))]
    given = [match[1] for part in parts if (match := _SIGNATURE.fullmatch(part))]
    if len(times) != 1 or abs(now - int(times[0])) > TOLERANCE:
        raise SignatureInvalid
    expected = _digest(secret, body, int(times[0]))
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise SignatureInvalid


def _digest(secret: SecretStr, body: bytes, at: int) -> str:
    key = secret.get_secret_value().encode()
    return hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
