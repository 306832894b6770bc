"""Mails that still have to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid()),
        sa.Column("created_at", time, server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", time, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_mails_member_id", ondelete="CASCADE"),
    )
    op.create_index("ix_mails_next_attempt_at", "mails", ["next_attempt_at"])
    op.create_index("ix_mails_member_id", "mails", ["member_id"])


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("mails")
