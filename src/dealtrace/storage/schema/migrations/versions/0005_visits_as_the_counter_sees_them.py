"""Add data from the visit counter: device, click ids, and when the visitor was last seen."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the migration."""
    for name in ("device", "os", "browser"):
        op.add_column("visit", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("visit", sa.Column("click_ids", sa.Text(), nullable=True))
    op.add_column("visit", sa.Column("seen_at", sa.BigInteger(), nullable=True))
    op.add_column("site", sa.Column("respects_do_not_track", sa.Boolean(), nullable=True))
