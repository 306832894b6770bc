"""Alembic runs this for each command."""

from platform_database.alembic_environment import run_migrations

run_migrations()
