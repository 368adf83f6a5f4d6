"""Add an index to find the deals with matchers that were stored last; without it, all deals of a site are read."""

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
