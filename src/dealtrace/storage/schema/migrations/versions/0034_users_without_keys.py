"""Add whether a person has turned off the keys of single characters."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Apply the migration; everybody has the keys until they turn them off."""
    op.add_column("user", sa.Column("has_no_keys", sa.Boolean(), nullable=True))
