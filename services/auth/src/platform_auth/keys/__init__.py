"""Signing keys: the ring, its files, the tokens that are signed with it, the published keys."""
