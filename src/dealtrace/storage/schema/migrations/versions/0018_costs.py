"""Add the costs of advertising."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "cost",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day_on", sa.Integer(), nullable=False),
        sa.Column("traffic_source_id", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.String(100), nullable=False),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger()),
        sa.Column("impressions", sa.BigInteger()),
        sa.PrimaryKeyConstraint(
            "site_id", "day_on", "traffic_source_id", "system", "account", "origin", name="pk_cost"
        ),
    )
    op.create_index("ix_cost_source", "cost", ["site_id", "traffic_source_id", "day_on"])
