"""The origin of unpaid orders, so that one client cannot reserve the whole stock."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

UNPAID = sa.text("state = 'pending'")


def upgrade() -> None:
    """Add the origin, and indexes to count unpaid orders."""
    op.add_column("orders", sa.Column("origin", sa.Text()))
    op.create_index("ix_orders_unpaid_member_id", "orders", ["member_id"], postgresql_where=UNPAID)
    op.create_index("ix_orders_unpaid_origin", "orders", ["origin"], postgresql_where=UNPAID)


def downgrade() -> None:
    """Forget the origins."""
    op.drop_index("ix_orders_unpaid_origin", "orders")
    op.drop_index("ix_orders_unpaid_member_id", "orders")
    op.drop_column("orders", "origin")
