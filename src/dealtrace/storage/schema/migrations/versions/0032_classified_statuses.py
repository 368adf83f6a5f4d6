"""Add the time when a person last set the meaning of a status, to list the statuses that nobody has classified."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Apply the migration; a status that means won or lost counts as classified even if `classified_at` is null."""
    op.add_column("deal_status", sa.Column("classified_at", sa.BigInteger(), nullable=True))
