"""The kinds of mails, and for how long each is worth sending."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a mail is about; the names of its templates."""

    WELCOME = "welcome"
    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 (the name of a mail)
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 (the name of a mail)
    EMAIL_CHANGED = "email-changed"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    TWO_STEP_ENABLED = "two-step-enabled"
    TWO_STEP_DISABLED = "two-step-disabled"
    TWO_STEP_RESET = "two-step-reset"
    RECOVERY_CODES_REPLACED = "recovery-codes-replaced"


# A mail that could not be sent for so long is dropped: a notice that late confuses more than it warns.
LIFETIME = timedelta(days=3)
# A link to reset a password is asked for by someone who waits for it.
RESET_LIFETIME = timedelta(hours=1)
