"""Sessions: opened at log-in, renewed by rotating refresh tokens, ended at once."""
