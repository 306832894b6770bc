"""Pseudonyms of accounts for logs and counters: a keyed hash of the e-mail address."""

from __future__ import annotations

from platform_auth.derived_keys import derive_key, keyed_hash
from platform_common.email_address import normalize_email

_PSEUDONYM_LENGTH = 24


class Pseudonyms:
    """Names for accounts that cannot be turned back into e-mails without the key."""

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "pseudonyms")

    def pseudonym(self, email: str) -> str:
        """Return the name of the account with `email`, the same for every spelling of it.

        What cannot be an account's address has one name for all, so that attempts with it are counted too.
        """
        return keyed_hash(self._key, account_email(email).encode())[:_PSEUDONYM_LENGTH]

    def passkey(self, credential_id: str) -> str:
        """Return the name of the passkey with this credential id; no account has the same."""
        return keyed_hash(self._key, b"passkey " + credential_id.encode())[:_PSEUDONYM_LENGTH]


def account_email(presented: str) -> str:
    """Return the address that an account would have, or an empty string where no account can have it."""
    try:
        return normalize_email(presented)
    except ValueError:
        return ""
