"""Runs in a pod: brings member's tables to what the version after this one may have, as its migration Job would.

It adds and takes nothing away (expand): a column, a table that refers to the members, and an index.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from platform_common.settings import load_settings
from platform_database.migrate import migrate
from platform_database.schema import Schema
from platform_member.config import MigrationSettings
from platform_member.schema import SCHEMA

STEP = """
from alembic import op

revision = "{next}"
down_revision = "{present}"


def upgrade() -> None:
    op.execute("ALTER TABLE members ADD COLUMN nickname text")
    op.execute("CREATE TABLE member_notes (member_id uuid REFERENCES members (id) ON DELETE CASCADE, note text)")
    op.execute("CREATE INDEX members_by_nickname ON members (nickname)")
"""


def main() -> None:
    """Run the migration, and say from which revision to which."""
    following = f"{int(SCHEMA.revision) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        migrations = Path(shutil.copytree(SCHEMA.migrations, Path(folder, "migrations")))
        step = STEP.format(next=following, present=SCHEMA.revision)
        Path(migrations, "versions", f"{following}_next.py").write_text(step, encoding="utf-8")
        newer = Schema(service=SCHEMA.service, migrations=migrations, revision=following)
        before, after = migrate(load_settings(MigrationSettings), newer)
    sys.stdout.write(f"{before} -> {after}\n")


if __name__ == "__main__":
    main()
