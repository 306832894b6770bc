"""The second step of a log-in: which code was submitted, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from platform_web.clients.errors import ServiceError
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import MISSING, field_message
from platform_web.visitor.forms import Form

EXPIRED = N_("That took too long. Log in again.")

# Problems of a log-in that has to start again with the password.
_OVER = frozenset({"challenge-invalid", "login-superseded"})


@dataclass(frozen=True)
class SubmittedCode:
    """A code of one of the two forms: of the authenticator app, or a recovery code."""

    challenge: str
    field: str
    code: str

    @classmethod
    def from_form(cls, form: Form) -> SubmittedCode:
        """Read the form that has its field."""
        field = "recovery_code" if "recovery_code" in form.fields else "app_code"
        return cls(form["challenge"][:128], field, form.text(field)[:64])

    @property
    def method(self) -> str:
        """The method, as auth names it."""
        return "recovery-code" if self.field == "recovery_code" else "totp"

    def errors(self, error: ServiceError | None = None) -> dict[str, str]:
        """Return untranslated messages by field: the code is missing, or `error` says that it is wrong."""
        if error is None:
            return {} if self.code else {self.field: field_message(self.field, MISSING)}
        return (
            {self.field: field_message(self.field)}
            if error.code in {"second-factor-invalid", "payload-invalid"}
            else {}
        )


def challenge_of(error: Exception) -> str | None:
    """Return the challenge where `error` says that a second factor is required."""
    if isinstance(error, ServiceError) and error.code == "second-factor-required":
        return str(error.received.get("challenge", ""))
    return None


def is_over(error: Exception) -> bool:
    """Whether the log-in has to start again with the password."""
    return isinstance(error, ServiceError) and error.code in _OVER
