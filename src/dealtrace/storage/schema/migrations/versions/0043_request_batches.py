"""Store requests of the same second together in the journal of API requests, also those that are stored already."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

_SQLITE = """
INSERT INTO api_request_batch (site_id, second, first_id, request_count, refused_count, entries)
SELECT site_id, at / 1000000, min(request_id), count(*), sum(status >= 400 OR code IS NOT NULL),
       json_group_array(json_array(at, request_id, token_id, method, path, json(parameters), status, code,
                                   reason_ru, reason_en, duration_us))
FROM api_request GROUP BY site_id, at / 1000000
"""
_POSTGRESQL = """
INSERT INTO api_request_batch (site_id, second, first_id, request_count, refused_count, entries)
SELECT site_id, at / 1000000, min(request_id), count(*), sum((status >= 400 OR code IS NOT NULL)::int),
       '[' || string_agg(json_build_array(at, request_id, token_id, method, path, parameters::json, status, code,
                                          reason_ru, reason_en, duration_us)::text, ',') || ']'
FROM api_request GROUP BY site_id, at / 1000000
"""


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "api_request_batch",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.String(40), nullable=False),
        sa.Column("request_count", sa.Integer(), nullable=False),
        sa.Column("refused_count", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "second", "first_id", name="pk_api_request_batch"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE)
    else:
        # Rows that are stored while the others are packed would be lost with the table.
        op.execute("LOCK TABLE api_request IN ACCESS EXCLUSIVE MODE")
        op.execute(_POSTGRESQL)
    op.drop_table("api_request")
