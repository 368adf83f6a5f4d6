"""Let the journal of API requests store many requests together in compressed form; rows stored earlier stay as text."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("api_request_batch", sa.Column("packed", sa.LargeBinary(), nullable=True))
