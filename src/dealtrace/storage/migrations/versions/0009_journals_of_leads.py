"""The journals of leads: what finds the leads of an interval."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"

BEGAN = {"call": "started_at", "lead_request": "requested_at"}


def upgrade() -> None:
    """Take the step."""
    shown = sa.text("deleted_at IS NULL")
    for table, began in BEGAN.items():
        op.create_index(
            f"ix_{table}_began", table, ["site_id", began, "id"], sqlite_where=shown, postgresql_where=shown
        )
