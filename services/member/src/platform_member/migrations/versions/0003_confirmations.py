"""Verified e-mail addresses, and the links and codes that prove who reads them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column and the table."""
    time = sa.DateTime(timezone=True)
    op.add_column("members", sa.Column("email_verified_at", time))
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("link_expires_at", time, nullable=False),
        sa.Column("code_expires_at", time),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_confirmations"),
        sa.UniqueConstraint("member_id", "purpose", name="uq_confirmations_member_id_purpose"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_confirmations_member_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("confirmations")
    op.drop_column("members", "email_verified_at")
