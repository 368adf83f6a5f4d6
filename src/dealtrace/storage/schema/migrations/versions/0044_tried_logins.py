"""Count how often an invited person chose a login that is in use: each such try reveals that the login exists."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Apply the migration; for existing invitations, the number of tries begins at 0."""
    op.add_column("invitation", sa.Column("name_tries", sa.Integer(), nullable=True))
