"""How members prove who they are: `amr` (RFC 8176) and `acr` of access tokens."""

from __future__ import annotations

from collections.abc import Collection

PWD = "pwd"  # noqa: S105 (the name of a method)
OTP = "otp"
# More than one factor.
MFA = "mfa"

TOTP = "totp"
# By the method of the second factor. RFC 8176 has no name for recovery codes.
SECOND_FACTOR_AMR = {TOTP: (PWD, OTP, MFA), "recovery-code": (PWD, MFA)}


def assurance_level(amr: Collection[str]) -> str:
    """Return the `acr` of a session: `aal2` after a second factor, else `aal1` (the names are NIST's, SP 800-63B)."""
    return "aal2" if MFA in amr else "aal1"
