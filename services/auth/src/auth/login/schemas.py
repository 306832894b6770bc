"""What log-in takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field

from auth.sessions.schemas import TokensOut
from auth.sessions.service import TokenPair
from platform_common.payload import Payload


class LoginBody(Payload):
    """Credentials. Their form is not judged here: a wrong one is answered as an unknown account is."""

    email: str = Field(min_length=1, max_length=320)
    password: str = Field(min_length=1, max_length=1024)


class LoginOut(TokensOut):
    """The tokens of a new session, and whose it is."""

    member: dict[str, Any]

    @classmethod
    def of_member(cls, pair: TokenPair, member: Mapping[str, Any]) -> Self:
        """Return the client's view of `pair`, tokens of `member`."""
        return cls(**TokensOut.of(pair).model_dump(), member=dict(member))
