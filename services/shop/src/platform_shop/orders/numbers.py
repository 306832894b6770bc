"""Order numbers: short enough for the telephone, and without information about the number of sales."""

from __future__ import annotations

import secrets

# Crockford's base 32: no letter that looks like a digit.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number() -> str:
    """Return a number that is new with near certainty: one of 32 to the 10th."""
    digits = "".join(secrets.choice(_DIGITS) for _ in range(10))
    return f"{digits[:5]}-{digits[5:]}"
