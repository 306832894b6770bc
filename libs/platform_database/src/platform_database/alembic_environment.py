"""What Alembic runs for each command. The connection is the caller's: see platform_database.migrate."""

from __future__ import annotations

from alembic import context


def run_migrations() -> None:
    """Run the steps of the command, each in a transaction of its own."""
    context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
