"""Sign-up, log-in, log-out, and the session_renewer that scripts ask for."""
