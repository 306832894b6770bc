"""Payments: a provider behind a protocol, and its events."""
