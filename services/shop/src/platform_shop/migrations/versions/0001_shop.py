"""The catalogue, carts, orders, payments; idempotency records, the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
NOW = sa.func.now()
SEARCH_VECTOR = (
    "setweight(to_tsvector('simple', name_ko || ' ' || name_en), 'A')"
    " || setweight(to_tsvector('english', name_en || ' ' || keywords), 'B')"
    " || setweight(to_tsvector('simple', keywords || ' ' || summary_ko), 'B')"
    " || setweight(to_tsvector('english', summary_en || ' ' || description_en), 'C')"
    " || setweight(to_tsvector('simple', description_ko), 'C')"
)


def upgrade() -> None:
    """Make the first tables."""
    # Searches by likeness; a trusted extension, so the database's owner may add it.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _catalogue()
    _carts()
    _orders()
    _payments()
    _ledger()
    _outbox()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _catalogue() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_text("slug", "name_ko", "name_en"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("slug", name="uq_categories_slug"),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        *_text("name_ko", "name_en", "summary_ko", "summary_en", "description_ko", "description_en"),
        sa.Column("keywords", sa.Text(), server_default="", nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("picture", postgresql.JSONB(), nullable=False),
        *_text("search_keys_ko", "search_keys_en"),
        sa.Column("search_vector", postgresql.TSVECTOR(), sa.Computed(SEARCH_VECTOR, persisted=True), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.UniqueConstraint("slug", name="uq_products_slug"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_products_category_id"),
        sa.CheckConstraint("price >= 0", name="ck_products_price"),
    )
    op.create_index("ix_products_category_id", "products", ["category_id"])
    op.create_index("ix_products_price_id", "products", ["price", "id"])
    op.create_index("ix_products_search_vector", "products", ["search_vector"], postgresql_using="gin")
    for keys in ("search_keys_ko", "search_keys_en"):
        ops = {keys: "gin_trgm_ops"}
        op.create_index(f"ix_products_{keys}", "products", [keys], postgresql_using="gin", postgresql_ops=ops)
    op.create_table(
        "variants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        *_text("sku", "name_ko", "name_en"),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_variants"),
        sa.UniqueConstraint("sku", name="uq_variants_sku"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_variants_product_id", ondelete="CASCADE"),
        sa.CheckConstraint("stock >= 0", name="ck_variants_stock"),
        sa.CheckConstraint("price >= 0", name="ck_variants_price"),
    )
    op.create_index("ix_variants_product_id", "variants", ["product_id"])


def _carts() -> None:
    op.create_table(
        "carts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid()),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_carts"),
        sa.UniqueConstraint("member_id", name="uq_carts_member_id"),
    )
    op.create_index("ix_carts_idle", "carts", ["updated_at"], postgresql_where=sa.text("member_id IS NULL"))
    op.create_table(
        "cart_lines",
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("added_at", TIME, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("cart_id", "variant_id", name="pk_cart_lines"),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name="fk_cart_lines_cart_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name="fk_cart_lines_variant_id", ondelete="CASCADE"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name="ck_cart_lines_quantity"),
    )
    op.create_index("ix_cart_lines_variant_id", "cart_lines", ["variant_id"])
    op.create_table(
        "erased_members",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name="pk_erased_members"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid()),
        *_text("state", "currency"),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("address", postgresql.JSONB()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("number", name="uq_orders_number"),
        sa.CheckConstraint("state IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')", name="ck_orders_state"),
        sa.CheckConstraint("total >= 0", name="ck_orders_total"),
    )
    op.create_index("ix_orders_member_id_id", "orders", ["member_id", "id"])
    op.create_index("ix_orders_state_id", "orders", ["state", "id"])
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        *_text("product_slug", "product_name_ko", "product_name_en", "variant_name_ko", "variant_name_en"),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_order_lines"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_lines_order_id", ondelete="CASCADE"),
        sa.CheckConstraint("quantity > 0", name="ck_order_lines_quantity"),
    )
    op.create_table(
        "order_steps",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *_text("state"),
        sa.Column("at", TIME, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_order_steps"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_steps_order_id", ondelete="CASCADE"),
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        *_text("provider", "token", "currency"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        *_text("state"),
        sa.Column("next_check_at", TIME, nullable=False),
        sa.Column("deadline_at", TIME, nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("order_id", name="uq_payments_order_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_payments_order_id", ondelete="CASCADE"),
        sa.CheckConstraint(
            "state IN ('pending', 'paid', 'failed', 'cancelled', 'expired', 'refunding', 'refunded')",
            name="ck_payments_state",
        ),
    )
    op.create_index("ix_payments_due", "payments", ["next_check_at"], postgresql_where=sa.text("state = 'pending'"))
    op.create_table(
        "payment_events",
        *_text("provider", "id"),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        *_text("kind"),
        sa.Column("received_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("provider", "id", name="pk_payment_events"),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_payment_events_payment_id", ondelete="CASCADE"
        ),
    )


def _ledger() -> None:
    op.create_table(
        "idempotency_records",
        *_text("scope", "key", "fingerprint"),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("headers", postgresql.JSONB()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("settles_at", TIME),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency_records"),
    )
    op.create_index("ix_idempotency_records_expires_at", "idempotency_records", ["expires_at"])


def _outbox() -> None:
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_text("topic"),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_events"),
    )
    op.create_table(
        "outbox_deliveries",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        *_text("consumer"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("delivered_at", TIME),
        sa.PrimaryKeyConstraint("event_id", "consumer", name="pk_outbox_deliveries"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox_events.id"], name="fk_outbox_deliveries_event_id", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_outbox_deliveries_due",
        "outbox_deliveries",
        ["next_attempt_at"],
        postgresql_where=sa.text("delivered_at IS NULL"),
    )


def downgrade() -> None:
    """Remove the tables; the extension may serve others."""
    for table in (
        "outbox_deliveries", "outbox_events", "idempotency_records", "payment_events", "payments", "order_steps",
        "order_lines", "orders", "erased_members", "cart_lines", "carts", "variants", "products", "categories",
    ):  # fmt: skip
        op.drop_table(table)
