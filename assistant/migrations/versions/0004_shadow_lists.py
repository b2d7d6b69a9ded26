"""What a shadow ranking made of the lists that were shown"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "shadow_lists",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("correlation", sa.Double(), nullable=False),
        sa.Column("same_first", sa.Boolean(), nullable=False),
        sa.Column("top_overlap", sa.Double(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shadow_lists_customer_id", "shadow_lists", ["customer_id"])


def downgrade() -> None:
    op.drop_table("shadow_lists")
