"""The ledger of idempotent requests: key, fingerprint and answer in the same transaction as the effect.

It knows nothing of members: another service takes this slice as it is, with a migration for its table.
"""
