"""Why a log-in is refused."""

from __future__ import annotations

from platform_common.problems import Unauthenticated


class CredentialsInvalid(Unauthenticated):
    """The e-mail or the password is wrong, or the account may not log in: which of them is not told (ASVS 6.3.8)."""

    code = "credentials-invalid"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")
