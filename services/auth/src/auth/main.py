"""The command `auth`: serve, and keep the ring of signing keys."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from prometheus_client import REGISTRY
from redis.exceptions import AuthenticationError, RedisError

from auth.app import Auth
from auth.config import AuthSettings
from auth.keys.endpoints import MAX_AGE_SECONDS
from auth.keys.files import RotationRefused, init_ring, rotate_ring
from auth.keys.keeper import POLL_SECONDS
from auth.keys.ring import KeyRing, KeyRingBroken, load_ring
from auth.store import redis_client
from platform_common.serving import StartRefused, serve
from platform_common.settings import EXIT_SETTINGS, EXIT_UNREACHABLE, load_settings, refuse_start
from platform_common.tokens.access import LEEWAY_SECONDS


def main() -> None:
    """Run the command line."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="auth", description="Log-in, sessions and tokens of the Member Platform.")
    commands = parser.add_subparsers(required=True, metavar="command")
    commands.add_parser("serve", help="serve until a signal").set_defaults(run=_serve)
    keys = commands.add_parser("keys", help="keep the ring of signing keys").add_subparsers(
        required=True, metavar="command"
    )
    for name, run, text in (
        ("init", _init, "make a ring where there is none"),
        ("list", _list, "show the ring"),
        ("rotate", _rotate, "let the next key sign, and retire the current one"),
    ):
        command = keys.add_parser(name, help=text)
        command.add_argument("--dir", type=Path, help="the ring's directory (default: AUTH_KEY_RING_DIR)")
        command.set_defaults(run=run)
        if name == "rotate":
            command.add_argument("--retire-after", type=int, default=900, help="lifetime of a token (seconds)")
            command.add_argument("--published-for", type=int, default=2 * MAX_AGE_SECONDS, help=argparse.SUPPRESS)
    return parser


def _serve(_arguments: argparse.Namespace) -> None:
    settings = load_settings(AuthSettings)
    try:
        auth = Auth(settings, registry=REGISTRY)
    except KeyRingBroken as broken:
        refuse_start(f"Wrong settings: AUTH_KEY_RING_DIR {broken}.", EXIT_SETTINGS)

    async def check_start() -> None:
        client = redis_client(settings.redis_url)
        try:
            await client.ping()
        except AuthenticationError:
            raise StartRefused("AUTH_REDIS_URL names a server that refuses its user or password.") from None
        except (RedisError, OSError):
            raise StartRefused("AUTH_REDIS_URL names a server that does not answer.") from None
        finally:
            await client.aclose()

    serve("auth", settings, auth.asgi, auth.health, check_start, proxy_headers=False)


def _init(arguments: argparse.Namespace) -> None:
    directory = _directory(arguments)
    try:
        _print(init_ring(directory))
    except (KeyRingBroken, OSError) as error:
        _fail(directory, error)


def _list(arguments: argparse.Namespace) -> None:
    directory = _directory(arguments)
    try:
        _print(load_ring(directory))
    except KeyRingBroken as broken:
        _fail(directory, broken)


def _rotate(arguments: argparse.Namespace) -> None:
    directory = _directory(arguments)
    kept = arguments.retire_after + LEEWAY_SECONDS + 2 * POLL_SECONDS
    try:
        _print(rotate_ring(directory, time.time(), arguments.published_for, kept))
    except (KeyRingBroken, OSError) as error:
        _fail(directory, error)
    except RotationRefused as refused:
        refuse_start(str(refused), EXIT_UNREACHABLE)


def _directory(arguments: argparse.Namespace) -> Path:
    given: Path | None = arguments.dir
    named = os.environ.get("AUTH_KEY_RING_DIR")
    if given is None and not named:
        refuse_start("AUTH_KEY_RING_DIR is not set, and there is no --dir.", EXIT_SETTINGS)
    return given or Path(str(named))


def _print(ring: KeyRing) -> None:
    for key in ring.keys:
        sys.stdout.write(f"{key.state:<8} {key.kid}  {key.file}\n")


def _fail(directory: Path, error: KeyRingBroken | OSError) -> None:
    reason = str(error) if isinstance(error, KeyRingBroken) else f"cannot be used ({error.strerror})"
    refuse_start(f"The key ring directory {directory} {reason}.", EXIT_SETTINGS)


if __name__ == "__main__":
    main()
