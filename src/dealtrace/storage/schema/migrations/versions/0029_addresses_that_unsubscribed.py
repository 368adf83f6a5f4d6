"""Add addresses that unsubscribed from a report or an alert, and the key that signs links to unsubscribe."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

UNSUBSCRIBE = "unsubscribe"
KEY_BYTES = 32


def upgrade() -> None:
    """Apply the migration; every database gets its own key."""
    op.create_table(
        "mail_leave",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("list", sa.String(8), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "list", "list_id", "address", name="pk_mail_leave"),
    )
    keys = sa.table("database_key", sa.column("name", sa.Text), sa.column("key", sa.String))
    op.bulk_insert(keys, [{"name": UNSUBSCRIBE, "key": secrets.token_hex(KEY_BYTES)}])
