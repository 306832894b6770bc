"""A small shop that looks real."""
