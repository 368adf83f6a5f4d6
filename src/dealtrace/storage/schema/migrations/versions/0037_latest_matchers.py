"""Add an index to find the latest deals of the deals 2.0 API that were sent with matchers (ways to find their lead).

Without the index, all deals of a site are read.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Apply the migration."""
    matched = sa.text("matchers IS NOT NULL")
    op.create_index(
        "ix_deal_matchers",
        "deal",
        ["site_id", "recorded_at", "id"],
        sqlite_where=matched,
        postgresql_where=matched,
    )
