"""Allow leads to be deleted, and add the settings that decide whether a lead is unique or a target."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BEGAN = {"call": "started_at", "lead_request": "requested_at"}


def upgrade() -> None:
    """Apply the migration."""
    for table, began in BEGAN.items():
        op.add_column(table, sa.Column("deleted_at", sa.BigInteger(), nullable=True))
        op.create_index(f"ix_{table}_client", table, ["site_id", "client_id", began, "id"])
    op.add_column("site", sa.Column("unique_depth_days", sa.BigInteger(), nullable=True))
    op.add_column("site", sa.Column("target_call_seconds", sa.BigInteger(), nullable=True))
