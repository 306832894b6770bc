"""The ledger of idempotent requests: key, fingerprint and answer in the same transaction as the effect.

A service that uses it has a migration for its table.
"""
