"""Registration: member makes the account, exactly once for one idempotency key."""
