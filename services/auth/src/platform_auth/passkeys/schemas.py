"""What requests about passkeys take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from platform_common.passkey_credentials import NewCredential, PresentedCredential
from platform_common.payload import Payload

# Member checks what a name may consist of.
Name = Annotated[str, Field(min_length=1, max_length=64, examples=["Phone"])]


class PasskeyOptionsOut(BaseModel):
    """What the browser needs."""

    public_key: dict[str, Any] = Field(
        description="The argument `publicKey` in its JSON form: for `PublicKeyCredential.parseCreationOptionsFromJSON` "
        "or `PublicKeyCredential.parseRequestOptionsFromJSON`."
    )


class PasskeyLoginBody(Payload):
    """What an authenticator signed."""

    credential: PresentedCredential = Field(description="`toJSON()` of what `navigator.credentials.get` returned.")


class PasskeyBody(Payload):
    """A new passkey."""

    name: Name
    credential: NewCredential = Field(description="`toJSON()` of what `navigator.credentials.create` returned.")


class PasskeyNameBody(Payload):
    """Another name."""

    name: Name


class PasskeyOut(BaseModel):
    """A passkey. `backed_up`: a password manager keeps a copy of it."""

    id: str
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class PasskeysOut(BaseModel):
    """The caller's passkeys, oldest first."""

    items: list[PasskeyOut]
