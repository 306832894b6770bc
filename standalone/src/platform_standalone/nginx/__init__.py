"""Configuration of the two nginx processes, edge and gateway, generated from the route table."""
