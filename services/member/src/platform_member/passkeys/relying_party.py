"""The platform as WebAuthn sees it (a relying party): which options it sends, and what it accepts in response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import options_to_json_dict, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from platform_common.passkey_credentials import NewCredential, PresentedCredential
from platform_member.accounts.models import Member
from platform_member.passkeys.errors import PasskeyInvalid
from platform_member.passkeys.models import Passkey

# As long as auth keeps the challenge (milliseconds).
_TIMEOUT = 300_000
_MAX_REASON_LENGTH = 200
# Authenticators keep at most so much of a name (WebAuthn, section 6.4.1); longer ones may be cut within a character.
_MAX_NAME_BYTES = 64


@dataclass(frozen=True)
class RelyingParty:
    """The RP id, the origins whose pages may use its passkeys, and its name."""

    id: str
    origins: tuple[str, ...]
    name: str

    def registration_options(self, member: Member, known: Sequence[Passkey], challenge: str) -> dict[str, Any]:
        """Return options for a discoverable credential with user verification, on an authenticator without one yet."""
        options = generate_registration_options(
            rp_id=self.id,
            rp_name=self.name,
            user_id=member.id.bytes,
            user_name=member.email,
            user_display_name=_cut(member.display_name),
            challenge=base64url_to_bytes(challenge),
            timeout=_TIMEOUT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[_descriptor(passkey) for passkey in known],
        )
        return options_to_json_dict(options)

    def authentication_options(self, challenge: str) -> dict[str, Any]:
        """Return options for a log-in with any passkey of this platform."""
        options = generate_authentication_options(
            rp_id=self.id,
            challenge=base64url_to_bytes(challenge),
            timeout=_TIMEOUT,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def verify_registration(self, credential: NewCredential, challenge: str) -> VerifiedRegistration:
        """Return what a new credential is. Raises PasskeyInvalid."""
        try:
            _require_same_origin(credential.response.client_data)
            return verify_registration_response(
                credential=credential.model_dump(by_alias=True),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.id,
                expected_origin=list(self.origins),
                require_user_verification=True,
            )
        except Exception as error:
            # The library decodes CBOR, ASN.1 and keys of the client's making: hostile ones fail in any way.
            raise _invalid(error) from error

    def verify_authentication(
        self, credential: PresentedCredential, challenge: str, passkey: Passkey
    ) -> VerifiedAuthentication:
        """Return what an authenticator says at a log-in with `passkey`. Raises PasskeyInvalid."""
        try:
            _require_same_origin(credential.response.client_data)
            verified = verify_authentication_response(
                credential=credential.model_dump(by_alias=True),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.id,
                expected_origin=list(self.origins),
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except Exception as error:
            # As above.
            raise _invalid(error) from error
        # Never changes in the life of a credential (WebAuthn, section 6.1.3).
        if is_backup_eligible(verified.credential_device_type) != passkey.backup_eligible:
            raise PasskeyInvalid(reason="the backup eligibility has changed")
        return verified


def is_backup_eligible(device_type: CredentialDeviceType) -> bool:
    """Return whether the key may leave its authenticator, as those of password managers do."""
    return device_type == CredentialDeviceType.MULTI_DEVICE


def _require_same_origin(client_data: str) -> None:
    if parse_client_data_json(base64url_to_bytes(client_data)).cross_origin:
        raise PasskeyInvalid(reason="the page was embedded in one of another origin")


def _invalid(error: Exception) -> PasskeyInvalid:
    if isinstance(error, PasskeyInvalid):
        return error
    return PasskeyInvalid(reason=(str(error) or type(error).__name__)[:_MAX_REASON_LENGTH])


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(one) for one in passkey.transports]
    return PublicKeyCredentialDescriptor(id=passkey.credential_id, transports=transports)


def _cut(name: str) -> str:
    return name.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
