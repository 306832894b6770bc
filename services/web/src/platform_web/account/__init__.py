"""The member's own account: profile, password, sessions, deletion."""
