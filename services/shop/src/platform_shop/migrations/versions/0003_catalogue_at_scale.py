"""Lists and searches of a large catalogue: a maintained stock mark, covering indexes, the vocabulary of searches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

FULL_TEXT = (
    "setweight(to_tsvector('simple', name_ko || ' ' || name_en), 'A')"
    " || setweight(to_tsvector('english', name_en || ' ' || keywords), 'B')"
    " || setweight(to_tsvector('simple', keywords || ' ' || summary_ko), 'B')"
    " || setweight(to_tsvector('english', summary_en || ' ' || description_en), 'C')"
    " || setweight(to_tsvector('simple', description_ko), 'C')"
)
# The words' keystrokes as well, marked by their script.
WITH_KEYS = FULL_TEXT + (
    r" || array_to_tsvector(string_to_array(regexp_replace(search_keys_ko, '(^| )(?=.)', '\1+', 'g'), ' '))"
    r" || array_to_tsvector(string_to_array(regexp_replace(search_keys_en, '(^| )(?=.)', '\1=', 'g'), ' '))"
)
COVERING = {
    "ix_products_list": ["id", "price", "in_stock"],
    "ix_products_price": ["price", "id", "in_stock"],
    "ix_products_category_list": ["category_id", "id", "price", "in_stock"],
    "ix_products_category_price": ["category_id", "price", "id", "in_stock"],
}
FORMER = {"ix_products_category_id": ["category_id"], "ix_products_price_id": ["price", "id"]}


def upgrade() -> None:
    """Add columns and indexes for lists and searches."""
    _stock_mark()
    _lists(COVERING, FORMER)
    _search_vector(WITH_KEYS)
    _vocabulary()


def _stock_mark() -> None:
    op.add_column("products", sa.Column("in_stock", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE products SET in_stock = true"
        " WHERE EXISTS (SELECT FROM variants WHERE product_id = products.id AND stock > 0)"
    )
    # The product is locked before its variants are counted: of two last pieces that are sold at once, the second sale
    # sees the first.
    op.execute("""
        CREATE FUNCTION mark_stock() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            changed uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.product_id ELSE NEW.product_id END;
        BEGIN
            PERFORM FROM products WHERE id = changed FOR NO KEY UPDATE;
            UPDATE products SET in_stock = NOT in_stock
            WHERE id = changed
            AND in_stock <> EXISTS (SELECT FROM variants WHERE product_id = changed AND stock > 0);
            RETURN NULL;
        END $$
    """)
    op.execute(
        "CREATE TRIGGER mark_stock AFTER INSERT OR DELETE ON variants FOR EACH ROW EXECUTE FUNCTION mark_stock()"
    )
    op.execute(
        "CREATE TRIGGER mark_changed_stock AFTER UPDATE OF stock ON variants FOR EACH ROW"
        " WHEN ((OLD.stock > 0) <> (NEW.stock > 0)) EXECUTE FUNCTION mark_stock()"
    )


def _lists(made: dict[str, list[str]], dropped: dict[str, list[str]]) -> None:
    for name, columns in made.items():
        op.create_index(name, "products", columns)
    for name in dropped:
        op.drop_index(name, "products")


def _search_vector(expression: str) -> None:
    # The expression of a generated column cannot be changed in place before PostgreSQL 17.
    op.drop_index("ix_products_search_vector", "products")
    op.drop_column("products", "search_vector")
    column = sa.Column("search_vector", postgresql.TSVECTOR(), sa.Computed(expression, persisted=True), nullable=False)
    op.add_column("products", column)
    op.create_index("ix_products_search_vector", "products", ["search_vector"], postgresql_using="gin")
    # In the row and as it is: a search reads it five times for each match, and else each time from six other pages.
    op.execute("ALTER TABLE products ALTER COLUMN search_vector SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160)")


def _vocabulary() -> None:
    for keys in ("search_keys_ko", "search_keys_en"):
        op.drop_index(f"ix_products_{keys}", "products")
    op.create_table(
        "search_words",
        # Prefixes are looked up by the primary key, which needs the order of the bytes.
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_search_words"),
    )
    op.create_index(
        "ix_search_words_word", "search_words", ["word"], postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )  # fmt: skip
    words = "SELECT DISTINCT lexeme COLLATE \"C\" FROM {}, unnest(search_vector) WHERE lexeme ~ '^[+=]' ORDER BY 1"
    op.execute("INSERT INTO search_words " + words.format("products"))
    # In one order, so that two that add the same words never wait for each other.
    op.execute(f"""
        CREATE FUNCTION collect_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO search_words {words.format("changed")} ON CONFLICT DO NOTHING;
            RETURN NULL;
        END $$
    """)
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER collect_search_words_{event.lower()} AFTER {event} ON products"
            " REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION collect_search_words()"
        )


def downgrade() -> None:
    """Bring back the former indexes and the search vector without keystrokes."""
    for event in ("insert", "update"):
        op.execute(f"DROP TRIGGER collect_search_words_{event} ON products")
    op.execute("DROP FUNCTION collect_search_words()")
    op.drop_table("search_words")
    for keys in ("search_keys_ko", "search_keys_en"):
        ops = {keys: "gin_trgm_ops"}
        op.create_index(f"ix_products_{keys}", "products", [keys], postgresql_using="gin", postgresql_ops=ops)
    _search_vector(FULL_TEXT)
    _lists(FORMER, COVERING)
    for trigger in ("mark_stock", "mark_changed_stock"):
        op.execute(f"DROP TRIGGER {trigger} ON variants")
    op.execute("DROP FUNCTION mark_stock()")
    op.drop_column("products", "in_stock")
    op.execute("ALTER TABLE products RESET (toast_tuple_target)")
