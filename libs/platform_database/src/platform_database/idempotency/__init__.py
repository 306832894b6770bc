"""Idempotency records: key, fingerprint and response, committed in the same transaction as the operation.

A service that uses it has a migration for its table.
"""
