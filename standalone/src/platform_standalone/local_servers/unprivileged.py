"""PostgreSQL refuses to run as root; root starts it as another user."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

# Users that exist without our doing, in order of fit.
_CANDIDATES = ("postgres", "nobody")


class NoUnprivilegedUser(RuntimeError):
    """There is no user to run PostgreSQL as."""


def unprivileged_user() -> pwd.struct_passwd | None:
    """Return the user that root runs PostgreSQL as, or None when we are not root. Raises NoUnprivilegedUser."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoUnprivilegedUser("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def command_prefix() -> list[str]:
    """Return the prefix of a command that makes it run unprivileged; empty if the current user is not root.

    The user keeps the right to pass folders (CAP_DAC_OVERRIDE): a checkout may lie below a home that only root enters.
    """
    user = unprivileged_user()
    if user is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise NoUnprivilegedUser("PostgreSQL does not run as root, and setpriv (util-linux) is missing.")
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        # PostgreSQL asks access(2) whether it may run its programs, and that forgets capabilities by default.
        "--securebits=+no_setuid_fixup",
        "--",
    ]


def give_away(path: Path) -> None:
    """Hand `path` to the unprivileged user; nothing when we are not root."""
    user = unprivileged_user()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
