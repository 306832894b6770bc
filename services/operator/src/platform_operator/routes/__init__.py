"""ProtectedRoute and RouteGrant: who may take which path, and the objects that follow from it."""
