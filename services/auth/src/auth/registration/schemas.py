"""What registration takes."""

from __future__ import annotations

from platform_common.payload import Payload


class RegisterBody(Payload):
    """A new account. Member judges the values; only these fields are passed on to it."""

    email: str
    password: str
    display_name: str
    locale: str | None = None
