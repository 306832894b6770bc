"""Time in the API's format."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Format a time as the API does, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(text: str) -> datetime:
    """Parse a time. Raises ValueError."""
    return datetime.fromisoformat(text)


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)
