"""Passkeys (WebAuthn): discoverable credentials with user verification, which log a member in without a password."""
