"""Why a passkey is refused."""

from __future__ import annotations

from platform_common.problems import FieldError, PayloadInvalid, Unauthenticated

_DETAIL = "The passkey was not accepted. Start again."


class PasskeyLoginRefused(Unauthenticated):
    """No active member's passkey has signed the challenge as it has to; the response does not say what is wrong."""

    code = "passkey-invalid"

    def __init__(self) -> None:
        super().__init__(_DETAIL)


class PasskeyRegistrationRefused(PayloadInvalid):
    """A new passkey answers no challenge of this session."""

    code = "passkey-invalid"

    def __init__(self) -> None:
        super().__init__(_DETAIL, errors=[FieldError("/credential", "passkey-invalid", _DETAIL)])
