"""What other services must learn of a change: written with the change, delivered at least once."""
