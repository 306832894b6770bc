"""What the workers of a run leave to one another: the place of the only operator, and the machine to themselves."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cluster import NAMESPACE


@contextmanager
def _lock(name: str, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    with Path(tempfile.gettempdir(), f"{NAMESPACE}-{name}.lock").open("w") as lock:
        fcntl.flock(lock, kind)
        yield


@contextmanager
def only_operator() -> Iterator[None]:
    """Keep other workers' operators out: each follows the routes of every namespace, and would answer for all."""
    with _lock("operator"):
        yield


@contextmanager
def beside_others() -> Iterator[None]:
    """Work beside other tests, once no test runs or waits to run without them."""
    with ExitStack() as stack:
        with _lock("turn"):
            stack.enter_context(_lock("work", fcntl.LOCK_SH))
        yield


@contextmanager
def without_others() -> Iterator[None]:
    """Work while no other worker does, so that what is too slow is not too slow because of them."""
    with _lock("turn"), _lock("work"):
        yield
