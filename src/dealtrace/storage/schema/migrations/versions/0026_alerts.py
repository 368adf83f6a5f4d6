"""Add alerts, e-mails that wait to be sent, and reports that are sent by e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Apply the migration."""
    _create_alerts()
    _create_mails()


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("time_window", sa.String(12), nullable=False),
        sa.Column("amount", sa.Text()),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.BigInteger()),
        sa.Column("fault", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index("ix_alert_site_id", "alert", ["site_id"])
    op.create_index("ix_alert_due_at", "alert", ["due_at"])
    op.create_table(
        "alert_incident",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(12), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("usual", sa.Text()),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_value", sa.Text()),
        sa.PrimaryKeyConstraint("site_id", "id", name="pk_alert_incident"),
    )
    op.create_index("ix_alert_incident_alert_id", "alert_incident", ["site_id", "alert_id"])


def _create_mails() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("caused_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_mail_due_at", "mail", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("ix_mail_site_id", "mail", ["site_id", "caused_at"])
    op.create_table(
        "mail_report",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("rhythm", sa.String(12), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_report"),
    )
    op.create_index("ix_mail_report_site_id", "mail_report", ["site_id"])
    op.create_index("ix_mail_report_due_at", "mail_report", ["due_at"])
