"""The command `member`: serve, migrate, create-admin."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence

import structlog

from member.accounts.create_admin import create_admin, read_admin
from member.app import make_app
from member.config import AdminSettings, MemberSettings, MigrationSettings
from member.database.migrate import migrate
from member.database.start import check_database
from member.parts import SERVICE
from platform_common.serving import StartRefused, serve
from platform_common.settings import load_settings, refuse_start


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; each ends with 2 for wrong settings and 1 for parts out of reach, and one sentence."""
    parser = argparse.ArgumentParser(prog="member", description="Accounts of the Member Platform.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the API")
    commands.add_parser("migrate", help="bring the database's tables to this version")
    admin = commands.add_parser("create-admin", help="make an administrator, or see that there is one")
    admin.add_argument("--email", help="instead of MEMBER_ADMIN_EMAIL")
    admin.add_argument("--display-name", default="Administrator")
    admin.add_argument("--reset-password", action="store_true", help="set the password of an existing member as well")
    options = parser.parse_args(arguments)
    try:
        if options.command == "serve":
            _serve()
        elif options.command == "migrate":
            before, after = migrate(load_settings(MigrationSettings))
            _print({"before": before, "after": after})
        else:
            # Standard output is the answer's alone.
            structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))
            settings = load_settings(AdminSettings)
            wanted = read_admin(settings, options.email, options.display_name)
            _print(asyncio.run(create_admin(settings, wanted, reset_password=options.reset_password)))
    except StartRefused as refusal:
        refuse_start(str(refusal))


def _serve() -> None:
    settings = load_settings(MemberSettings)
    app, health = make_app(settings)
    serve(SERVICE, settings, app, health, lambda: check_database(settings))


def _print(document: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
