"""Responses of authenticators as browsers serialize them: `PublicKeyCredential.toJSON()` (WebAuthn 3, section 5.1).

Only base64url text of bounded length is accepted, so that nothing else reaches the code that decodes it. Fields that
the platform does not use are ignored: browsers add new ones.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# The alphabet of RFC 4648, section 5, without padding, as WebAuthn prescribes it.
_BASE64URL = r"^[A-Za-z0-9_-]+$"
# Credential ids have at most 1023 bytes.
_MAX_ID_LENGTH = 1364
_USER_HANDLE_LENGTH = 86


def _decodable(text: str) -> str:
    if len(text) % 4 == 1:
        raise ValueError("No base64url text has this length.")
    return text


Base64Url = Annotated[str, Field(min_length=1, pattern=_BASE64URL), AfterValidator(_decodable)]
CredentialId = Annotated[Base64Url, Field(max_length=_MAX_ID_LENGTH)]
ClientData = Annotated[Base64Url, Field(max_length=2048)]
Binary = Annotated[Base64Url, Field(max_length=8192)]
UserHandle = Annotated[Base64Url, Field(max_length=_USER_HANDLE_LENGTH)]
Transport = Annotated[str, Field(max_length=32, pattern=r"^[a-z-]+$")]


class _Credential(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    id: CredentialId
    raw_id: CredentialId = Field(alias="rawId")
    type: Literal["public-key"]


class _Attestation(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    client_data: ClientData = Field(alias="clientDataJSON")
    attestation_object: Binary = Field(alias="attestationObject")
    transports: Annotated[list[Transport], Field(max_length=16)] = []


class _Assertion(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    client_data: ClientData = Field(alias="clientDataJSON")
    authenticator_data: Binary = Field(alias="authenticatorData")
    signature: Binary
    user_handle: UserHandle | None = Field(None, alias="userHandle")


class NewCredential(_Credential):
    """What `navigator.credentials.create` returned."""

    response: _Attestation


class PresentedCredential(_Credential):
    """What `navigator.credentials.get` returned."""

    response: _Assertion
