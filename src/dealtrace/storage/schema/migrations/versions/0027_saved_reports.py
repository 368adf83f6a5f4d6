"""Add saved reports, shared links, notes on charts, and the history of a site's settings."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "saved_report",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.BigInteger(), nullable=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "user_id", "name", name="pk_saved_report"),
    )
    op.create_table(
        "shared_link",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_shared_link"),
    )
    op.create_index("ix_shared_link_site", "shared_link", ["site_id"])
    op.create_table(
        "note",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("day_on", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "key", name="pk_note"),
    )
    op.create_index("ix_note_day", "note", ["site_id", "day_on"])
    op.create_table(
        "site_change",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "key", name="pk_site_change"),
    )
    op.create_index("ix_site_change_time", "site_change", ["site_id", "changed_at"])
