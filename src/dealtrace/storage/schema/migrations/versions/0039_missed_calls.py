"""Add how people dealt with missed calls, and an index of the missed calls that nobody has dealt with yet.

Without the index, listing missed calls reads all calls of the period.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Apply the migration; all existing missed calls are stored as not yet dealt with."""
    op.add_column("call", sa.Column("ring_back", sa.String(12), nullable=True))
    missed = sa.text(
        "deleted_at IS NULL AND ring_back IS NULL AND phone <> '' AND (is_successful IS FALSE "
        "OR is_successful IS NULL AND duration_seconds = 0 AND exchange IS NULL)"
    )
    op.create_index(
        "ix_call_missed",
        "call",
        ["site_id", "started_at", "id"],
        sqlite_where=missed,
        postgresql_where=missed,
    )
