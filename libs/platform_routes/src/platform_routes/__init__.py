"""The route table: its model, its rules, and what edges, gateways and networks are configured with."""
