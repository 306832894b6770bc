"""ProtectedRoute and RouteGrant: admission of routes, and their objects."""
