"""What keeps the platform from doing what it was asked."""

from __future__ import annotations


class PlatformError(Exception):
    """A person has to do something; the message is one sentence that says what."""
