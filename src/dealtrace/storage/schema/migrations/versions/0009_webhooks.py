"""Add webhooks and the outbox of their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WAITING = sa.text("settled_at IS NULL")


def upgrade() -> None:
    """Apply the migration."""
    _create_webhooks()
    _create_outbox()
    op.create_table(
        "webhook_position",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_webhook_position"),
    )


def _create_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("style", sa.String(8), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("paused_at", sa.BigInteger()),
        sa.Column("pause_reason", sa.Text()),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_fault", sa.Text()),
        sa.Column("next_attempt_at", sa.BigInteger()),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.Column("test_asked_at", sa.BigInteger()),
        sa.Column("test_outcome", sa.Text()),
        sa.Column("lease_holder", sa.Text()),
        sa.Column("leased_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_site_id", "webhook", ["site_id"])


def _create_outbox() -> None:
    op.create_table(
        "webhook_outbox",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(12), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("site_id", "webhook_id", "position", name="pk_webhook_outbox"),
    )
    whole = ["site_id", "webhook_id", "position"]
    op.create_index(
        "ix_webhook_outbox_waiting", "webhook_outbox", whole, sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.create_index("ix_webhook_outbox_recorded_at", "webhook_outbox", ["site_id", "recorded_at"])
