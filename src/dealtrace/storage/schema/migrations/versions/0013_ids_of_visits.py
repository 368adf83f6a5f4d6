"""Add the key that makes visit ids unpredictable, the hosts of sites, and the progress of reclassifying visits."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

VISIT_IDS = "visit ids"
KEY_BYTES = 32


def upgrade() -> None:
    """Apply the migration; every database gets its own random key for visit ids."""
    keys = op.create_table(
        "database_key",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_database_key"),
    )
    op.bulk_insert(keys, [{"name": VISIT_IDS, "key": secrets.token_hex(KEY_BYTES)}])
    op.create_table(
        "site_host",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "host", name="pk_site_host"),
    )
    op.create_table(
        "reclassification",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hosts_digest", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("visits_changed", sa.BigInteger(), nullable=False),
        sa.Column("leads_moved", sa.BigInteger(), nullable=False),
        sa.Column("after_visitor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_reclassification"),
    )
