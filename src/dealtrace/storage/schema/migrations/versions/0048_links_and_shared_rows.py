"""Add the time when the segment of a shared link was deleted, and an index of the imports that a row belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Apply the migration.

    For a link whose segment was deleted before, this time is unknown; the link ends once a new segment gets the name.
    For rows imported before, only the import that added the row is known, not later imports of the same row.
    """
    op.add_column("shared_link", sa.Column("segment_deleted_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_imported_row_row", "imported_row", ["site_id", "row_id"])
