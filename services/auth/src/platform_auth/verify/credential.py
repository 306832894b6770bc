"""The credential of a request: `Authorization: Bearer`, or else the cookie."""

from __future__ import annotations

from collections.abc import Iterable

RawHeaders = Iterable[tuple[bytes, bytes]]


class CredentialMalformed(Exception):
    """There is a credential, and it cannot be read as one token."""


def bearer_token(headers: RawHeaders) -> bytes | None:
    """Return the token of the `Authorization` header, or None without one of the scheme (RFC 6750, section 2.1).

    Raises CredentialMalformed for `Bearer` with anything but one token, and for several headers.
    """
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) > 1:
        raise CredentialMalformed
    scheme, _, token = (given[0] if given else b"").strip().partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    token = token.strip()
    if not token or b" " in token:
        raise CredentialMalformed
    return token


def cookie_tokens(headers: RawHeaders, name: bytes) -> list[bytes]:
    """Return every value of the cookie `name`: one, unless the client's cookies are broken. Empty ones are none."""
    values = [
        value.strip()
        for header, line in headers
        if header == b"cookie"
        for crumb, separator, value in (part.partition(b"=") for part in line.split(b";"))
        if separator and crumb.strip() == name
    ]
    return values if len(values) > 1 else list(filter(None, values))
