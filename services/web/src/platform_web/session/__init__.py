"""Sign-up, log-in, log-out, and the renewal that scripts ask for."""
