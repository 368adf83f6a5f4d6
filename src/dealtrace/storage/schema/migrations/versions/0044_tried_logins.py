"""Add how often the bearer of an invitation chose a login of somebody else: each such try reveals that it exists."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Apply the migration; with existing invitations no login has been tried."""
    op.add_column("invitation", sa.Column("name_tries", sa.Integer(), nullable=True))
