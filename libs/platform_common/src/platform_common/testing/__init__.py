"""Fixtures of tests, on real servers: `pytest_plugins = ["platform_common.testing.servers"]`."""
