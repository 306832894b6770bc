"""Pure functions from a route to the objects that it stands for."""
