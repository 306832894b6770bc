"""Request body of a registration."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from platform_common.payload import Payload


class RegisterBody(Payload):
    """A new account. Member judges the values; only these fields are passed on to it."""

    email: Annotated[str, Field(examples=["ada@example.com"])]
    password: Annotated[str, Field(examples=["correct horse battery staple"])]
    display_name: Annotated[str, Field(examples=["Ada Lovelace"])]
    locale: Annotated[str | None, Field(examples=["en", "ko-KR"])] = None
