"""Add indexes that find and count the leads and deals of an interval without reading rows, for journals."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

SHOWN, VISITED = sa.text("deleted_at IS NULL"), sa.text("visited_at IS NOT NULL")
INDEXES = (
    ("ix_call_began", "call", "started_at", SHOWN),
    ("ix_lead_request_began", "lead_request", "requested_at", SHOWN),
    ("ix_deal_happened", "deal", "happened_at", SHOWN),
    ("ix_deal_touched", "deal", "touched_at", SHOWN),
    ("ix_deal_visited", "deal", "visited_at", VISITED),
)


def upgrade() -> None:
    """Apply the migration."""
    for name, table, moment, said in INDEXES:
        if table == "deal":
            op.drop_index(name, table)
        whole = ["site_id", moment, "id", *(["deleted_at"] if table == "deal" else [])]
        op.create_index(name, table, whole, sqlite_where=said, postgresql_where=said)
