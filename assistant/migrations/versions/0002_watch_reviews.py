"""Watch reviews: departments, suspicions, own aspects, alarms and messages to the merchant"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 500


def upgrade() -> None:
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.add_column(sa.Column("department", sa.String(length=200), nullable=True))
        batch_op.create_index(batch_op.f("ix_products_department"), ["department"], unique=False)
    _fill_departments()
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.add_column(sa.Column("polarity", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("text_print", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_reviews_text_print"), ["text_print"], unique=False)
    with op.batch_alter_table("review_aspects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("day", sa.Integer(), nullable=False, server_default="0"))
    # What was read before has no day, no polarity and no print: it is read again.
    op.execute(sa.text("UPDATE reviews SET analysed_by = NULL"))
    op.create_table(
        "review_suspicions",
        sa.Column("review_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("product_id", sa.String(length=200), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("review_id", "kind"),
    )
    op.create_index("ix_review_suspicions_product_id", "review_suspicions", ["product_id"])
    op.create_table(
        "own_aspects",
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("department", "name"),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("aspect", sa.String(length=80), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("seen_by", sa.String(length=200), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alarms_key", "alarms", ["key"])
    op.create_index("ix_alarms_raised_at", "alarms", ["raised_at"])
    op.create_table(
        "webhook_outbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_outbox_due_at", "webhook_outbox", ["due_at"])


def _fill_departments() -> None:
    """Takes the departments of products that are there already out of their documents."""
    products = sa.table("products", sa.column("id"), sa.column("document"), sa.column("department"))
    connection, last = op.get_bind(), ""
    while True:
        query = sa.select(products.c.id, products.c.document).where(products.c.id > last)
        rows = connection.execute(query.order_by(products.c.id).limit(BATCH)).all()
        if not rows:
            return
        for key, document in rows:
            path = json.loads(document).get("category_path") or [None]
            if path[0]:
                change = sa.update(products).where(products.c.id == key)
                connection.execute(change.values(department=path[0][:200]))
        last = rows[-1][0]


def downgrade() -> None:
    for name in ("webhook_outbox", "alarms", "own_aspects", "review_suspicions"):
        op.drop_table(name)
    with op.batch_alter_table("review_aspects", schema=None) as batch_op:
        batch_op.drop_column("day")
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reviews_text_print"))
        batch_op.drop_column("text_print")
        batch_op.drop_column("polarity")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_products_department"))
        batch_op.drop_column("department")
