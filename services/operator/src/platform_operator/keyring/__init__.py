"""SigningKeyRing: automatic rotation of the keys that sign access tokens."""
