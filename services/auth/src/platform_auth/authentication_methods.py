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

# A passkey proves that its holder has a key (in hardware, or in software that may copy it), was present, and was
# verified with a PIN or a biometric: two factors. Without attestation, that is what the authenticator says of itself.
DEVICE_BOUND_PASSKEY_AMR = ("hwk", "user", MFA)
SYNCED_PASSKEY_AMR = ("swk", "user", MFA)


def assurance_level(amr: Collection[str]) -> str:
    """Return the `acr` of a session: `aal2` after two factors, else `aal1` (the names are NIST's, SP 800-63B)."""
    return "aal2" if MFA in amr else "aal1"
