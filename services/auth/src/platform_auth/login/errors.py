"""Why a log-in is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from platform_common.problems import Unauthenticated


class CredentialsInvalid(Unauthenticated):
    """Wrong e-mail or password, or an account that may not log in; the response does not say which (ASVS 6.3.8)."""

    code = "credentials-invalid"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class SecondFactorRequired(Unauthenticated):
    """The password was right; the log-in continues with `challenge` and one of `methods`."""

    code = "second-factor-required"

    def __init__(self, challenge: str, methods: Sequence[str], expires_in: int) -> None:
        super().__init__("Enter a code of your authenticator app, or a recovery code.")
        self._continuation = {"challenge": challenge, "methods": list(methods), "expires_in": expires_in}

    def document(self) -> dict[str, Any]:
        """Return the problem document with the challenge."""
        return super().document() | self._continuation


class SecondFactorInvalid(Unauthenticated):
    """The code is wrong or was already used. The challenge is still good."""

    code = "second-factor-invalid"

    def __init__(self) -> None:
        super().__init__("The code is wrong or was already used.")


class ChallengeInvalid(Unauthenticated):
    """The challenge is unknown, used or too old, another client's, or the account has changed since."""

    code = "challenge-invalid"

    def __init__(self) -> None:
        super().__init__("This log-in has expired. Start again with your password.")
