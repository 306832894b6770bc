"""A run of the platform under fire, and the check of its history."""
