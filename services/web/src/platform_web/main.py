"""The command `web`: serve the pages."""

from __future__ import annotations

import argparse


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="web", description="The web pages of the Member Platform.")
    commands = parser.add_subparsers(required=True, metavar="command")
    commands.add_parser("serve", help="serve until SIGTERM or SIGINT").set_defaults(run=_serve)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _serve(_arguments: argparse.Namespace) -> None:
    # Imported here so that `web --help` starts fast.
    from platform_web.serving import run

    run()


if __name__ == "__main__":
    main()
