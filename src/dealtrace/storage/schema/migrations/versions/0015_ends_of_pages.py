"""Store where pages of journals end, so that every server process finds the next page quickly."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "page_end",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.String(64), nullable=False),
        sa.Column("offset_after", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "reader", "offset_after", name="pk_page_end"),
    )
