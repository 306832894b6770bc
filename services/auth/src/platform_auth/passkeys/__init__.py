"""Passkeys: log-in with one, and a member's own, which member keeps and verifies."""
