"""Forgetting a member that is gone."""
