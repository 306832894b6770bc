"""The command `member`: serve, mail-worker, migrate, create-admin, reencrypt-factors.

Each command imports its own modules, after its settings were read: a wrong setting is said at once, and a short command
does not load what only a server needs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from platform_common.settings import load_settings
from platform_database.commands import print_json, run_migrations, run_server, startup_errors
from platform_member.config import (
    AdminSettings,
    FactorSettings,
    MailWorkerSettings,
    MemberSettings,
    MigrationSettings,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; each ends with 2 for wrong settings and 1 for unreachable dependencies, and one sentence."""
    parser = argparse.ArgumentParser(prog="member", description="Accounts of the Member Platform.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the API")
    commands.add_parser("mail-worker", help="send the mails of the outbox")
    commands.add_parser("migrate", help="bring the database's tables to this version")
    admin = commands.add_parser("create-admin", help="make an administrator, or see that there is one")
    admin.add_argument("--email", help="instead of MEMBER_ADMIN_EMAIL")
    admin.add_argument("--display-name", default="Administrator")
    admin.add_argument("--reset-password", action="store_true", help="set the password of an existing member as well")
    admin.add_argument("--reset-factors", action="store_true", help="remove the second factors of an existing member")
    commands.add_parser("reencrypt-factors", help="after a change of MEMBER_FACTOR_KEYS: use the first key everywhere")
    options = parser.parse_args(arguments)
    if options.command == "serve":
        _serve(load_settings(MemberSettings))
    elif options.command == "mail-worker":
        _send_mails(load_settings(MailWorkerSettings))
    elif options.command == "migrate":
        _migrate(load_settings(MigrationSettings))
    elif options.command == "reencrypt-factors":
        _reencrypt_factors(load_settings(FactorSettings))
    else:
        _create_admin(load_settings(AdminSettings), options)


def _serve(settings: MemberSettings) -> None:
    from platform_member.app import make_app
    from platform_member.schema import SCHEMA

    run_server(settings, SCHEMA, make_app)


def _send_mails(settings: MailWorkerSettings) -> None:
    from platform_common.serving import serve
    from platform_database.start import wait_for_database
    from platform_member.mail_worker.app import make_worker_app
    from platform_member.schema import SCHEMA

    with startup_errors():
        app, health = make_worker_app(settings)
    serve("member-mail-worker", settings, app, health, lambda: wait_for_database(settings, SCHEMA))


def _migrate(settings: MigrationSettings) -> None:
    from platform_member.schema import SCHEMA

    run_migrations(settings, SCHEMA)


def _create_admin(settings: AdminSettings, options: argparse.Namespace) -> None:
    from platform_common.logs import configure_logging
    from platform_member.create_admin import create_admin, read_admin

    # Standard output is the result.
    configure_logging("member", stream=sys.stderr)
    wanted = read_admin(settings, options.email, options.display_name)
    with startup_errors():
        made = asyncio.run(
            create_admin(settings, wanted, reset_password=options.reset_password, reset_factors=options.reset_factors)
        )
    print_json(made)


def _reencrypt_factors(settings: FactorSettings) -> None:
    from platform_common.logs import configure_logging
    from platform_member.reencrypt_factors import reencrypt_factors

    configure_logging("member", stream=sys.stderr)
    with startup_errors():
        done = asyncio.run(reencrypt_factors(settings))
    print_json(done)


if __name__ == "__main__":
    main()
