"""Add an index to find deleted deals by their number."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Apply the migration."""
    deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_deal_deleted_number", "deal", ["site_id", "number"], sqlite_where=deleted, postgresql_where=deleted
    )
