"""Passwords: policy, storage, verification."""
