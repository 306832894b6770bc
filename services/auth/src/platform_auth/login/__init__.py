"""Log-in with e-mail and password, throttled per account and address."""
