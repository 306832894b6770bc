"""Accounts as log lines and counters know them: by a keyed hash of the e-mail, never by the e-mail itself."""

from __future__ import annotations

import ipaddress

from auth.derived_keys import derive_key, keyed_hash
from platform_common.email_address import normalize_email

# Who holds one address of this network holds them all (RFC 6177).
IPV6_SITE_BITS = 64
_PSEUDONYM_LENGTH = 24


class Pseudonyms:
    """Names for accounts that cannot be turned back into e-mails without the key."""

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "pseudonyms")

    def of(self, email: str) -> str:
        """Return the name of the account with `email`, the same for every spelling of it.

        What cannot be an account's address has one name for all, so that attempts with it are counted too.
        """
        return keyed_hash(self._key, account_email(email).encode())[:_PSEUDONYM_LENGTH]


def account_email(presented: str) -> str:
    """Return the address that an account would have, or an empty string where no account can have it."""
    try:
        return normalize_email(presented)
    except ValueError:
        return ""


def address_block(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or an IPv6 site of 2^64 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), IPV6_SITE_BITS), strict=False).network_address) + "/64"
