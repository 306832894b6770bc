"""Indexes for searches by parts of names and addresses that the searches can use."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Index the columns themselves: ILIKE uses no index on their lower case."""
    _replace_indexes("{column} gin_trgm_ops")


def downgrade() -> None:
    """Index their lower case again."""
    _replace_indexes("lower({column}) gin_trgm_ops")


def _replace_indexes(expression: str) -> None:
    for column in ("email", "display_name"):
        name = f"ix_members_{column}_trigrams"
        op.drop_index(name, "members")
        op.create_index(name, "members", [sa.text(expression.format(column=column))], postgresql_using="gin")
