"""Add the list of changes that the column mirror (a copy of the data for reports) must still apply."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "mirror_mark",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_mirror_mark"),
    )
