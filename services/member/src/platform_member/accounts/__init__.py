"""Members: who they are, and what they and administrators may change."""
