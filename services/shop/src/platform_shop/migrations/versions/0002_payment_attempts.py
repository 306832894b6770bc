"""Several payment attempts for one order, and why an attempt failed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Number the attempts; a payment that needs no further check has no time for one."""
    op.add_column("payments", sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
    op.add_column("payments", sa.Column("failure_reason", sa.Text()))
    op.alter_column("payments", "next_check_at", nullable=True)
    op.create_unique_constraint("uq_payments_order_id_attempt", "payments", ["order_id", "attempt"])
    op.drop_constraint("uq_payments_order_id", "payments")
    op.drop_index("ix_payments_due", "payments")
    op.execute("UPDATE payments SET next_check_at = NULL WHERE state <> 'pending'")
    op.create_index(
        "ix_payments_due", "payments", ["next_check_at"], postgresql_where=sa.text("next_check_at IS NOT NULL")
    )


def downgrade() -> None:
    """Keep the latest attempt of each order."""
    op.execute("DELETE FROM payments p USING payments q WHERE q.order_id = p.order_id AND q.attempt > p.attempt")
    op.drop_index("ix_payments_due", "payments")
    op.create_index("ix_payments_due", "payments", ["next_check_at"], postgresql_where=sa.text("state = 'pending'"))
    op.create_unique_constraint("uq_payments_order_id", "payments", ["order_id"])
    op.drop_constraint("uq_payments_order_id_attempt", "payments")
    op.execute("UPDATE payments SET next_check_at = now() WHERE next_check_at IS NULL")
    op.alter_column("payments", "next_check_at", nullable=False)
    op.drop_column("payments", "failure_reason")
    op.drop_column("payments", "attempt")
