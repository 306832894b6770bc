"""What a person can tell the platform to do, one command a module."""
