"""What requests about second factors take and give."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from platform_common.display_text import filled_line
from platform_common.payload import Payload, with_example
from platform_member.accounts.schemas import MemberWithEpoch

_SEPARATORS = dict.fromkeys(map(ord, " -\u00a0\u2009\u2010\u2011\u2013\t"))


def _without_separators(code: str) -> str:
    # Full-width digits come from Korean and Japanese keyboards.
    return unicodedata.normalize("NFKC", code).translate(_SEPARATORS)


Code = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_without_separators)]
SessionId = Annotated[str, Field(min_length=1, max_length=64)]


class Method(StrEnum):
    """How a member proves the second factor."""

    TOTP = "totp"
    RECOVERY_CODE = "recovery-code"


class PresentedCode(Payload):
    """What someone who logs in presents after the password, which was verified under `session_epoch`."""

    session_epoch: int
    method: Annotated[Method, Field(strict=False)]
    code: Code


class TotpConfirmation(Payload):
    """A code that shows that the app holds the secret. `keep_session` is the one session that lives on."""

    code: Code
    keep_session: SessionId


class TotpStatus(BaseModel):
    """An authenticator app that is in use."""

    enabled_at: datetime


class FactorsView(BaseModel):
    """A member's second factors and the number of its passkeys."""

    totp: TotpStatus | None
    recovery_codes_left: int
    passkeys: int


class TotpSetup(BaseModel):
    """What the member's app needs; shown once."""

    secret: str = Field(description="Base32, for apps that cannot read the QR code.")
    uri: str = Field(description="What the QR code says.")


class RecoveryCodes(BaseModel):
    """New recovery codes; shown once. Earlier ones are of no use any more."""

    recovery_codes: list[str]


class TotpEnabled(MemberWithEpoch, RecoveryCodes):
    """The member and the epoch of its sessions from now on, and its recovery codes."""


class FactorReset(Payload):
    """Why an administrator removes a member's factors; written to the log."""

    model_config = with_example({"reason": "Lost phone; identity checked by video call"})

    reason: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(filled_line)]
