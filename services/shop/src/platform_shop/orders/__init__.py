"""Orders: created once with their stock, and their changes of state."""
