"""Events for other services: written with the change, delivered at least once."""
