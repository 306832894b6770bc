"""The operator: keeps the edge, the gateway and the network as ProtectedRoutes ask, and turns signing keys."""
