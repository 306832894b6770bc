"""What at least three services share, and no domain: errors, settings, logs, health, metrics, tokens, test fixtures."""
