"""Add shares of credits, for models that divide the credit for a lead, and indexes to find leads by visit.

A credit without a share is a whole credit, as are all existing credits.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("lead_credit", sa.Column("share", sa.Integer(), nullable=True))
    visited = sa.text("visit_id IS NOT NULL")
    for table in ("call", "lead_request"):
        op.create_index(
            f"ix_{table}_visit",
            table,
            ["site_id", "visit_id"],
            unique=False,
            sqlite_where=visited,
            postgresql_where=visited,
        )
