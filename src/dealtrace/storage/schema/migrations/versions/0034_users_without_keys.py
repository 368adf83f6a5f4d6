"""Add a column that says whether a user has turned off single-character keyboard shortcuts."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Apply the migration; keyboard shortcuts stay on for each user until the user turns them off."""
    op.add_column("user", sa.Column("has_no_keys", sa.Boolean(), nullable=True))
