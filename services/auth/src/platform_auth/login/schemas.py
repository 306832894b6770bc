"""Request and response bodies of the log-in."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from platform_auth.member_view import MemberOut
from platform_auth.sessions.schemas import TokensOut
from platform_auth.sessions.service import TokenPair
from platform_common.payload import Payload


class LoginBody(Payload):
    """Credentials. Their format is not validated: a malformed address gets the same response as an unknown account."""

    email: str = Field(min_length=1, max_length=320, examples=["ada@example.com"])
    password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery staple"])


class LoginOut(TokensOut):
    """The tokens of a new session, and whose it is."""

    member: MemberOut

    @classmethod
    def from_tokens(cls, pair: TokenPair, member: MemberOut) -> Self:
        """Return the client's view of `pair`, tokens of `member`."""
        return cls(**TokensOut.from_pair(pair).model_dump(), member=member)
