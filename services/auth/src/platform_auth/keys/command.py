"""The command `auth keys`: create, list and rotate signing keys."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from platform_auth.keys.files import RotationRefused, init_ring, rotate_ring
from platform_auth.keys.reloader import POLL_SECONDS
from platform_auth.keys.ring import InvalidKeyRing, KeyRing, load_ring
from platform_common.settings import EXIT_SETTINGS, EXIT_UNREACHABLE, exit_with_error
from platform_common.tokens.key_ring import JWKS_MAX_AGE_SECONDS, LEEWAY_SECONDS


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add `init`, `list` and `rotate` to `parser`; each sets `run`."""
    commands = parser.add_subparsers(required=True, metavar="command")
    _add(commands.add_parser("init", help="make a ring where there is none"), init_ring)
    _add(commands.add_parser("list", help="show the ring"), load_ring)
    rotate = commands.add_parser("rotate", help="let the next key sign, and retire the current one")
    rotate.add_argument("--retire-after", type=int, default=900, help="lifetime of access tokens (default 900 seconds)")
    _add(rotate, None)


def _add(parser: argparse.ArgumentParser, action: Callable[[Path], KeyRing] | None) -> None:
    parser.add_argument("--dir", type=Path, help="the ring's directory (default: AUTH_KEY_RING_DIR)")

    def run(arguments: argparse.Namespace) -> None:
        directory = _directory(arguments)
        try:
            _print(action(directory) if action else _rotate(directory, arguments.retire_after))
        except InvalidKeyRing as broken:
            exit_with_error(f"The key ring directory {directory} {broken}.", EXIT_SETTINGS)
        except OSError as error:
            exit_with_error(f"The key ring directory {directory} cannot be used ({error.strerror}).", EXIT_SETTINGS)
        except RotationRefused as refused:
            exit_with_error(str(refused), EXIT_UNREACHABLE)

    parser.set_defaults(run=run)


def _rotate(directory: Path, token_seconds: int) -> KeyRing:
    # Every replica reads the files within a poll, and every other service within the document's lifetime after that.
    published_for = JWKS_MAX_AGE_SECONDS + 2 * POLL_SECONDS
    retire_after = token_seconds + LEEWAY_SECONDS + 2 * POLL_SECONDS
    return rotate_ring(directory, time.time(), published_for, retire_after)


def _directory(arguments: argparse.Namespace) -> Path:
    given: Path | None = arguments.dir
    named = os.environ.get("AUTH_KEY_RING_DIR")
    if given is None and not named:
        exit_with_error("AUTH_KEY_RING_DIR is not set, and there is no --dir.", EXIT_SETTINGS)
    return given or Path(str(named))


def _print(ring: KeyRing) -> None:
    for key in ring.keys:
        sys.stdout.write(f"{key.state:<8} {key.kid}  {key.file}\n")
