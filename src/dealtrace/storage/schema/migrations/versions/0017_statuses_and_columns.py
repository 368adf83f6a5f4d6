"""Add the statuses of deals with their dates, columns of reports, and two fields for a later release."""

from itertools import groupby, islice
from operator import attrgetter

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

STATUSES_MAX = 10_000
"""The maximum number of statuses stored per site; the most frequent statuses are stored."""
LAST_CHANGE = """
    SELECT changed.site_id, changed.deal_id, changed.recorded_at
    FROM deal_version AS changed
    JOIN (
        SELECT site_id, deal_id, max(version) AS version
        FROM deal_version
        WHERE kind = 'changed' AND {has_status}
        GROUP BY site_id, deal_id
    ) AS latest
    ON latest.site_id = changed.site_id AND latest.deal_id = changed.deal_id AND latest.version = changed.version
"""
HAS_STATUS = {
    "sqlite": "json_type(\"after\", '$.status') IS NOT NULL",
    "postgresql": "CAST(\"after\" AS json) ->> 'status' IS NOT NULL",
}
SEEN = """
    SELECT site_id, status, min(recorded_at) AS first_seen_at
    FROM deal
    GROUP BY site_id, status
    ORDER BY site_id, count(*) DESC, status
"""


def upgrade() -> None:
    """Apply the migration."""
    for column in ("status_since", "margin_rub"):
        op.add_column("deal", sa.Column(column, sa.BigInteger(), nullable=True))
    op.add_column("deal", sa.Column("currency", sa.Text(), nullable=True))
    statuses = op.create_table(
        "deal_status",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("spelling", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("meaning", sa.String(12), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "spelling", name="pk_deal_status"),
    )
    op.create_table(
        "report_column",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("statuses", sa.Text(), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "name", name="pk_report_column"),
    )
    _date_statuses()
    _store_statuses(statuses)


def _date_statuses() -> None:
    """Store when each deal got its status: the time of the version that last changed the status."""
    connection = op.get_bind()
    last_change = LAST_CHANGE.format(has_status=HAS_STATUS[connection.dialect.name])
    connection.exec_driver_sql(
        f"UPDATE deal SET status_since = last_change.recorded_at FROM ({last_change}) AS last_change "  # noqa: S608
        "WHERE deal.site_id = last_change.site_id AND deal.id = last_change.deal_id"
    )


def _store_statuses(statuses: sa.Table) -> None:
    """Store the statuses of existing deals with the meaning `open`; blank statuses are left out."""
    connection = op.get_bind()
    filled = (row for row in connection.exec_driver_sql(SEEN) if row.status.strip())
    rows = [
        {
            "site_id": site_id,
            "spelling": row.status,
            "key": row.status.strip().casefold(),
            "meaning": "open",
            "first_seen_at": row.first_seen_at,
        }
        for site_id, seen in groupby(filled, key=attrgetter("site_id"))
        for row in islice(seen, STATUSES_MAX)
    ]
    op.bulk_insert(statuses, rows)
