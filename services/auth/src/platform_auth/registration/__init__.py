"""Registration: member creates the account, at most once for one idempotency key."""
