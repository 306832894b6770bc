"""What services share, and no domain: errors, settings, logs, health, metrics, tokens, test fixtures."""
