"""Add the busiest second of each day of a site: how many requests the rate limit counted in it."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "busiest_second",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day_on", sa.Integer(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "day_on", name="pk_busiest_second"),
    )
