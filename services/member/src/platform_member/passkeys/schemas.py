"""What requests about passkeys take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from platform_common.display_text import filled_line
from platform_common.passkey_credentials import NewCredential, PresentedCredential
from platform_common.payload import Payload
from platform_member.accounts.schemas import MemberWithEpoch

MAX_NAME_LENGTH = 64

# Random bytes of auth, in base64url; auth keeps them and accepts them once.
Challenge = Annotated[str, Field(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]+$")]
PasskeyName = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH), AfterValidator(filled_line)]


class ChallengeBody(Payload):
    """The challenge that the authenticator is to sign."""

    challenge: Challenge


class PasskeyRegistration(ChallengeBody):
    """A new passkey, and its name."""

    name: PasskeyName
    credential: NewCredential


class PasskeyAssertion(ChallengeBody):
    """What an authenticator signed at a log-in."""

    credential: PresentedCredential


class PasskeyRename(Payload):
    """Another name of a passkey."""

    name: PasskeyName


class PasskeyOptions(BaseModel):
    """What the browser needs: the argument `publicKey` in its JSON form (WebAuthn Level 3, section 5.1)."""

    public_key: dict[str, Any]


class PasskeyView(BaseModel):
    """A passkey. `backed_up`: the member's password manager keeps a copy."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class PasskeysView(BaseModel):
    """A member's passkeys, oldest first."""

    items: list[PasskeyView]


class MemberByPasskey(MemberWithEpoch):
    """The member that a passkey belongs to. `device_bound`: the authenticator says that the key never leaves it."""

    device_bound: bool
