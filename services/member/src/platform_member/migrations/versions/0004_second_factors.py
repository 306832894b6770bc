"""Second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables of second factors."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "totp_factors",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("encrypted_secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", time, server_default=sa.func.now(), nullable=False),
        sa.Column("confirmed_at", time),
        sa.PrimaryKeyConstraint("member_id", name="pk_totp_factors"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_totp_factors_member_id", ondelete="CASCADE"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "code_hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_recovery_codes_member_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Remove the tables; members log in by their password alone."""
    for table in ("recovery_codes", "totp_factors"):
        op.drop_table(table)
