"""Configuration of the two nginx processes, edge and gateway, made from the one route table."""
