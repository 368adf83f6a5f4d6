"""Add a column that says whether the source of a visit was stated, so that a reclassification keeps stated sources."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Apply the migration; for visits that were imported earlier, it is unknown whether the source was stated."""
    op.add_column("visit", sa.Column("has_stated_source", sa.Boolean(), nullable=True))
