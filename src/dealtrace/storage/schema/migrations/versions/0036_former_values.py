"""Add the versions of notes on leads, and the former values by which changes to a site are undone."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Apply the migration; for changes already recorded, the former values stay unknown."""
    op.create_table(
        "lead_version",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "lead_id", "version", name="pk_lead_version"),
    )
    op.add_column("site_change", sa.Column("former", sa.Text(), nullable=True))
