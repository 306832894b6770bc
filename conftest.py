"""Fixtures of the whole repository, and a name: `standalone` must be the package before its folder takes the name."""

from hypothesis import settings

import platform_standalone  # noqa: F401 (imported for its effect)

pytest_plugins = [f"platform_testing.{name}" for name in ("logs", "servers", "tokens", "tested_service")]

# How long a case takes says how busy the machine is, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
