"""Real PostgreSQL and Valkey from wheels, on loopback."""
