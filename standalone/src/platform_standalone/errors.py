"""Errors for the user of the command line."""

from __future__ import annotations


class PlatformError(Exception):
    """The user has to act; the message is one sentence that states how."""
