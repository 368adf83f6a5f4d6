"""Add the history of actions on accounts, such as creating a user."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Apply the migration; the history is empty at first, because earlier actions were not recorded."""
    op.create_table(
        "account_act",
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("acted_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_account_act"),
    )
    op.create_index("ix_account_act_time", "account_act", ["acted_at"])
