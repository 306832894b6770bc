"""Sign-up, log-in, log-out, and the renewal of sessions for scripts."""
