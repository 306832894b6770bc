"""Tokens that services check: members' access tokens (EdDSA, from the JWKS) and each other's (HS256)."""
