"""Alembic runs this for each command. The connection is the caller's: see member.database.migrate."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
