"""Passwords: what is accepted, how it is kept, how it is checked."""
