"""Fixtures of the whole repository, and a name: `standalone` must be the package before its folder takes the name."""

from hypothesis import settings

import platform_standalone  # noqa: F401 (imported for its effect)

pytest_plugins = [f"platform_testing.{name}" for name in ("logs", "servers", "tokens", "tested_service")]

# The duration of a test case depends on how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
