"""Why a log-in is refused."""

from __future__ import annotations

from platform_common.problems import Unauthenticated


class CredentialsInvalid(Unauthenticated):
    """Wrong e-mail or password, or an account that may not log in; the response does not say which (ASVS 6.3.8)."""

    code = "credentials-invalid"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")
