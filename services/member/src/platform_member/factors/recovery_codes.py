"""Recovery codes: ten characters of 50 random bits, each good for one log-in without the authenticator app.

Their entropy calls for a password hash (ASVS 6.5.2). All codes of a member share one random salt, so that one hash says
which of them was presented, if any.
"""

from __future__ import annotations

import secrets

COUNT = 10
LENGTH = 10
# Crockford's base32: no letter that is taken for a digit.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_GROUP = 5


def new_codes() -> list[str]:
    """Return the codes of one member."""
    return ["".join(secrets.choice(_ALPHABET) for _ in range(LENGTH)) for _ in range(COUNT)]


def readable(code: str) -> str:
    """Return a code as it is shown, in groups."""
    return "-".join(code[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))


def canonical(presented: str) -> str:
    """Return what was typed as the code it can be meant as."""
    return presented.upper().translate(_MISREAD)
