"""Making and turning the ring's files. Every step leaves a whole ring behind, wherever the process is killed."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from platform_auth.keys.ring import KeyRing, load_ring
from platform_common.tokens.key_ring import CURRENT, NEXT, RETIRED, RETIRED_PREFIX, new_key


class RotationRefused(Exception):
    """Rotating now would invalidate tokens; the message states why."""


def init_ring(directory: Path) -> KeyRing:
    """Create a ring in `directory` (created if absent): a current key and a next one. Existing keys stay.

    Raises InvalidKeyRing when what is there is no ring.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (directory / CURRENT).exists():
        # The current key is written last: a directory without it is not a ring.
        _write_new_key(directory / NEXT)
        _write_new_key(directory / CURRENT)
    return load_ring(directory)


def rotate_ring(directory: Path, now: float, published_for: float, retire_after: float) -> KeyRing:
    """Sign with the next key from now on, retire the current one, publish a new next one, and remove expired ones.

    `published_for`: how long (seconds) everyone has needed to see the next key. `retire_after`: how long a retired
    key is kept, at least the lifetime of a token. Raises RotationRefused, InvalidKeyRing.
    """
    load_ring(directory)
    upcoming = directory / NEXT
    if not upcoming.exists():
        _write_new_key(upcoming)
        raise RotationRefused(f"There was no {NEXT}; one is published now. Rotate again in {published_for:g} s.")
    age = now - upcoming.stat().st_mtime
    if age < published_for:
        raise RotationRefused(f"{NEXT} is {age:.0f} s old; verifiers may need {published_for:g} s to see it.")
    for retired in directory.glob(RETIRED):
        if now - _retired_at(retired) > retire_after:
            retired.unlink()
    with suppress(FileExistsError):
        os.link(directory / CURRENT, directory / f"{RETIRED_PREFIX}{int(now)}.pem")
    upcoming.replace(directory / CURRENT)
    _write_new_key(upcoming)
    return load_ring(directory)


def _retired_at(path: Path) -> float:
    moment = path.stem.removeprefix(RETIRED_PREFIX)
    return float(moment) if moment.isdigit() else path.stat().st_mtime


def _write_new_key(path: Path) -> None:
    """Write a new private key to `path`, at once and only if nothing is there: of two writers one wins."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".key")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new_key())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
