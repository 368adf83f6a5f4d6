"""Add the visit that a deal of the deals 2.0 API was matched to, and currency rates."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("deal", sa.Column("visit_id", sa.BigInteger(), nullable=True))
    present = sa.text("visit_id IS NOT NULL")
    op.create_index("ix_deal_visit", "deal", ["site_id", "visit_id"], sqlite_where=present, postgresql_where=present)
    op.create_table(
        "currency_rate",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "currency", "since_at", name="pk_currency_rate"),
    )
