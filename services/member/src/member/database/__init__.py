"""PostgreSQL: connections, their limits, and what their failures mean to a client."""
