"""What can be wrong with a request about passkeys."""

from __future__ import annotations

from platform_common.problems import FieldError, NotFound, PayloadInvalid, Problem


class PasskeysDisabled(NotFound):
    """The platform's address is no domain name, so browsers offer no passkeys for it."""

    code = "passkeys-disabled"

    def __init__(self) -> None:
        super().__init__("This platform has no domain name, which passkeys require.")


class PasskeyInvalid(PayloadInvalid):
    """An authenticator's response does not prove what it has to; the log says why, the response does not."""

    code = "passkey-invalid"

    def __init__(self, *, reason: str) -> None:
        detail = "The passkey was not accepted. Start again."
        super().__init__(detail, errors=[FieldError("/credential", "passkey-invalid", detail)])
        self.reason = reason


class PasskeyNotFound(NotFound):
    """The member has no such passkey."""

    code = "passkey-not-found"

    def __init__(self) -> None:
        super().__init__("You have no such passkey.")


class TooManyPasskeys(Problem):
    """The member has as many passkeys as it may have."""

    code = "too-many-passkeys"
    status = 409

    def __init__(self, limit: int) -> None:
        super().__init__(f"An account has at most {limit} passkeys. Remove one first.")
