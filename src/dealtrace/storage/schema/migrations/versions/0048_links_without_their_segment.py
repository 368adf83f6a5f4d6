"""Add when the segment of a shared link was deleted; it shows nothing, even if another segment has the name."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Apply the migration; a link that already lacks its segment is ended when another segment gets the name."""
    op.add_column("shared_link", sa.Column("segment_deleted_at", sa.BigInteger(), nullable=True))
