"""The API server: calls, faults, events."""
