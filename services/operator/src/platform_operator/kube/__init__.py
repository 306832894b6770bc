"""The API server: calls, errors, events."""
