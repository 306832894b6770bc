"""SigningKeyRing: the keys of access tokens turn by themselves."""
