"""Real PostgreSQL and Valkey from wheels, on loopback: for tests and for the platform on one machine."""
