"""Let deals get their lead later: add the time when a user set the lead, and indexes to find deals by id or contact."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INDEXES = (
    ("ix_deal_clue_phone", ["clue_phone", "happened_at"]),
    ("ix_deal_clue_email", ["clue_email", "happened_at"]),
    ("ix_deal_clue_call_id", ["clue_call_id"]),
    ("ix_deal_clue_call_reference", ["clue_call_reference"]),
    ("ix_deal_clue_lead_request_id", ["clue_lead_request_id"]),
    ("ix_deal_clue_lead_request_number", ["clue_lead_request_number"]),
)


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("deal", sa.Column("pinned_at", sa.BigInteger(), nullable=True))
    for name, columns in INDEXES:
        said = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(name, "deal", ["site_id", *columns], unique=False, sqlite_where=said, postgresql_where=said)
