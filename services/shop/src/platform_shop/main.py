"""The command `shop`: serve, migrate, demo-data.

Each command imports its own modules, after its settings were read: a wrong setting is said at once, and a short command
does not load what only a server needs.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from platform_common.settings import load_settings
from platform_database.commands import print_json, run_migrations, run_server, startup_errors
from platform_shop.config import DatabaseSettings, MigrationSettings, ShopSettings


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; each ends with 2 for wrong settings and 1 for unreachable dependencies, and one sentence."""
    parser = argparse.ArgumentParser(prog="shop", description="The shop of the Member Platform.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the API")
    commands.add_parser("migrate", help="bring the database's tables to this version")
    commands.add_parser("demo-data", help="fill the catalogue with a small shop; run it again at will")
    options = parser.parse_args(arguments)
    if options.command == "serve":
        _serve(load_settings(ShopSettings))
    elif options.command == "migrate":
        _migrate(load_settings(MigrationSettings))
    else:
        _demo_data(load_settings(DatabaseSettings))


def _serve(settings: ShopSettings) -> None:
    from platform_shop.app import make_app
    from platform_shop.schema import SCHEMA

    run_server(settings, SCHEMA, make_app)


def _migrate(settings: MigrationSettings) -> None:
    from platform_shop.schema import SCHEMA

    run_migrations(settings, SCHEMA)


def _demo_data(settings: DatabaseSettings) -> None:
    from platform_shop.demo.command import fill_catalogue

    with startup_errors():
        done = asyncio.run(fill_catalogue(settings))
    print_json(done)


if __name__ == "__main__":
    main()
