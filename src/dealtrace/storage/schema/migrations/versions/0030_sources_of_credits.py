"""Store the traffic source of a credited visit with the credit, so that reports by source do not read visits.

These reports also get an index of the leads with a stated source, which are few.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

site = sa.table("site", sa.column("id", sa.BigInteger))
visit = sa.table(
    "visit", *(sa.column(name, sa.BigInteger) for name in ("site_id", "started_at", "id", "traffic_source_id"))
)
credit = sa.table(
    "lead_credit",
    *(sa.column(name, sa.BigInteger) for name in ("site_id", "visit_started_at", "visit_id", "traffic_source_id")),
)


def upgrade() -> None:
    """Apply the migration; it takes a few minutes for ten million credits."""
    op.add_column("lead_credit", sa.Column("traffic_source_id", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    of_visit = sa.select(visit.c.traffic_source_id).where(
        visit.c.site_id == credit.c.site_id,
        visit.c.started_at == credit.c.visit_started_at,
        visit.c.id == credit.c.visit_id,
    )
    filling = sa.update(credit).values(traffic_source_id=of_visit.correlate(credit).scalar_subquery())
    for site_id in connection.execute(sa.select(site.c.id)).scalars().all():
        connection.execute(filling.where(credit.c.site_id == site_id))
    present = sa.text("stated_source_id IS NOT NULL")
    for table in ("call", "lead_request"):
        columns = ["site_id", "stated_source_id"]
        op.create_index(f"ix_{table}_stated", table, columns, sqlite_where=present, postgresql_where=present)
