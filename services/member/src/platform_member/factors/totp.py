"""Time-based one-time passwords (RFC 6238) with the parameters that every authenticator app knows."""

from __future__ import annotations

import hmac

import pyotp

STEP_SECONDS = 30
# One step on either side, for clocks that differ and for typing (RFC 6238, section 5.2).
_DRIFT_STEPS = 1


def new_secret() -> str:
    """Return a secret of 160 bits (RFC 4226, section 4), in base32."""
    return pyotp.random_base32(32)


def provisioning_uri(secret: str, account: str, issuer: str) -> str:
    """Return what an app reads from the QR code: the secret, and under which name it is listed."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def accepted_step(secret: str, code: str, now: float, last_step: int) -> int | None:
    """Return the time step that `code` is of, if it is a current one after `last_step`; every step takes as long."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = int(now) // STEP_SECONDS
    steps = range(max(0, current - _DRIFT_STEPS), current + _DRIFT_STEPS + 1)
    matching = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return next((step for step in matching if step > last_step), None)
