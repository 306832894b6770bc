"""The route table: model, rules, and builders of the configuration of edges, gateways and network policies."""
