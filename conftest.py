"""pytest names test modules after their folders: `standalone` must be the package before its folder takes the name."""

import standalone  # noqa: F401 (imported for its effect)
