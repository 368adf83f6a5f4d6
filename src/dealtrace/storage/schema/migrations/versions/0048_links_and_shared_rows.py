"""Add the time when the segment of a shared link was deleted, and an index of the imports that a row belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Apply the migration.

    A link that already lacks its segment is ended when another segment gets the name. Of earlier imports, only those
    that have added a row are known to have it.
    """
    op.add_column("shared_link", sa.Column("segment_deleted_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_imported_row_row", "imported_row", ["site_id", "row_id"])
