"""Add indexes of two kinds of deals that are rare on most sites; without the indexes, pages read all deals."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Apply the migration."""
    foreign = sa.text("currency <> 'rub'")
    op.create_index(
        "ix_deal_foreign",
        "deal",
        ["site_id", "currency", "happened_at"],
        sqlite_where=foreign,
        postgresql_where=foreign,
    )
    unusable = sa.text(
        "clue_phone_as_sent IS NOT NULL AND clue_phone IS NULL OR clue_email_as_sent IS NOT NULL AND clue_email IS NULL"
    )
    op.create_index(
        "ix_deal_unusable",
        "deal",
        ["site_id", "happened_at", "id"],
        sqlite_where=unusable,
        postgresql_where=unusable,
    )
