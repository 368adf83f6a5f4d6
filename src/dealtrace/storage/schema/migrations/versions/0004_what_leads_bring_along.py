"""Add details of leads: the circumstances of a call, the page of a form, and annotations."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ColumnType = sa.types.TypeEngine[Any]
"""The type of a column, whose values are typed Any: the columns contain values of several types."""

REMARKS: dict[str, ColumnType] = {
    "manager": sa.Text(),
    "comment": sa.Text(),
    "tags": sa.Text(),
    "custom_values": sa.Text(),
    "stated_source_id": sa.BigInteger(),
}
COLUMNS: dict[str, dict[str, ColumnType]] = {
    "call": {
        "sip_id": sa.Text(),
        "is_successful": sa.Boolean(),
        "waiting_seconds": sa.BigInteger(),
        "dialled_phone": sa.Text(),
        "answering_phone": sa.Text(),
        "record_url": sa.Text(),
        "exchange": sa.Text(),
        "exchange_model": sa.Text(),
        **REMARKS,
    },
    "lead_request": {"page_url": sa.Text(), "fingerprint": sa.String(64), **REMARKS},
}


def upgrade() -> None:
    """Apply the migration."""
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    said = sa.text("sip_id IS NOT NULL")
    op.create_index(
        "uq_call_sip_id", "call", ["site_id", "sip_id"], unique=True, sqlite_where=said, postgresql_where=said
    )
