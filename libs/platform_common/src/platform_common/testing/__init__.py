"""Fixtures of tests; pyproject.toml loads them as pytest plug-ins for the whole repository."""
