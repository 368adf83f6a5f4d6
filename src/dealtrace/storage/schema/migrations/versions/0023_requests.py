"""Add the journal of API requests."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "api_request",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(40), nullable=False),
        sa.Column("token_id", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.String(12), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("reason_ru", sa.Text(), nullable=True),
        sa.Column("reason_en", sa.Text(), nullable=True),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "at", "request_id", name="pk_api_request"),
        sqlite_with_rowid=False,
    )
