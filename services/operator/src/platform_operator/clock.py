"""Time as the API writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Return a moment with the precision that the API keeps: whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(text: str) -> datetime:
    """Return the moment that `text` names. Raises ValueError."""
    return datetime.fromisoformat(text)


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)
