"""The command `auth`: serve, and manage signing keys."""

from __future__ import annotations

import argparse

from platform_auth.keys import command as keys


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="auth", description="Log-in, sessions and tokens of the Member Platform.")
    commands = parser.add_subparsers(required=True, metavar="command")
    commands.add_parser("serve", help="serve until a signal").set_defaults(run=_serve)
    keys.add_commands(commands.add_parser("keys", help="keep the ring of signing keys"))
    arguments = parser.parse_args()
    arguments.run(arguments)


def _serve(_arguments: argparse.Namespace) -> None:
    # Here, so that `auth keys` does not wait for the frameworks.
    from platform_auth.serving import run

    run()


if __name__ == "__main__":
    main()
