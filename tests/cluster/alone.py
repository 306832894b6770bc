"""One operator at a time: each follows the routes of every namespace, so two would answer for each other's."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import NAMESPACE


@contextmanager
def only_operator() -> Iterator[None]:
    """Wait until no other process of this machine has an operator on the cluster, and keep them waiting meanwhile."""
    with Path(tempfile.gettempdir(), f"{NAMESPACE}-operator.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
