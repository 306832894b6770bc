"""The credential of a request: `Authorization: Bearer`, or else the cookie."""

from __future__ import annotations

from collections.abc import Iterable


class CredentialMalformed(Exception):
    """There is a credential, and it cannot be read as one token."""


def bearer_token(authorization: bytes) -> bytes | None:
    """Return the token of an `Authorization` header, or None when it is of another scheme (RFC 6750, section 2.1).

    Raises CredentialMalformed for `Bearer` with anything but one token.
    """
    scheme, _, token = authorization.strip().partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    token = token.strip()
    if not token or b" " in token:
        raise CredentialMalformed
    return token


def cookie_token(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the value of the cookie `name`, or None. Raises CredentialMalformed when it comes more than once."""
    found = [
        value.strip()
        for header, line in headers
        if header == b"cookie"
        for crumb, separator, value in (part.partition(b"=") for part in line.split(b";"))
        if separator and crumb.strip() == name
    ]
    if len(found) > 1:
        raise CredentialMalformed
    return found[0] if found and found[0] else None
