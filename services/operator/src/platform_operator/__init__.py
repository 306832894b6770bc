"""The operator: configures edge, gateway and network for ProtectedRoutes, and rotates signing keys."""
