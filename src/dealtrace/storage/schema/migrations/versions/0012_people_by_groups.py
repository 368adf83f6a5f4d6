"""Add further contacts of deals, merged clients, and the progress of normalising stored contacts again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INDEXED = (
    ("ix_call_deleted", "call", "deleted_at"),
    ("ix_lead_request_deleted", "lead_request", "deleted_at"),
    ("ix_client_leading", "client", "leading_id"),
    ("ix_contact_set_apart", "contact", "set_apart"),
)


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("deal", sa.Column("clue_further", sa.Text()))
    op.create_table(
        "deal_contact",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "contact", "deal_id", name="pk_deal_contact"),
        sa.ForeignKeyConstraint(["site_id", "deal_id"], ["deal.site_id", "deal.id"], name="fk_deal_contact_deal"),
    )
    op.create_index("ix_deal_contact_deal", "deal_contact", ["site_id", "deal_id"])
    op.add_column("client", sa.Column("leading_id", sa.BigInteger()))
    op.add_column("contact", sa.Column("own_client_id", sa.BigInteger()))
    op.add_column("contact", sa.Column("set_apart", sa.String(8)))
    for index, table, column in INDEXED:
        said = sa.text(f"{column} IS NOT NULL")
        op.create_index(index, table, ["site_id", column], sqlite_where=said, postgresql_where=said)
    op.create_table(
        "contact_reading",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_contact_reading"),
    )
    # Large tables are not rewritten here: `dealtrace db renormalise` rewrites them while the server runs.
    op.execute("INSERT INTO contact_reading (site_id, stage, last_id) SELECT id, 'calls', 0 FROM site")
