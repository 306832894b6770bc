"""What requests about second factors take and give."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from platform_auth.login.schemas import LoginOut
from platform_common.payload import Payload


class TotpStatus(BaseModel):
    """An authenticator app that is in use."""

    enabled_at: datetime


class FactorsOut(BaseModel):
    """The caller's second factors and the number of its passkeys."""

    totp: TotpStatus | None
    recovery_codes_left: int
    passkeys: int


class TotpSetupOut(BaseModel):
    """What an authenticator app needs; shown once."""

    secret: str = Field(description="Base32, for apps that cannot read the QR code.")
    uri: str = Field(description="What the QR code says.")


class RecoveryCodesOut(BaseModel):
    """New recovery codes; shown once. Earlier ones are of no use any more."""

    recovery_codes: list[str]


class TotpEnabledOut(LoginOut, RecoveryCodesOut):
    """The tokens of the session that takes this one's place, and recovery codes."""


class TotpBody(Payload):
    """A code that shows that the app holds the secret."""

    code: str = Field(min_length=1, max_length=64, examples=["123456"])
