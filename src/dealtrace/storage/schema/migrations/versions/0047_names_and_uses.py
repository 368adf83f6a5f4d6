"""Add client names that were sent with deals, the last use of each token, and the outcome of each webhook delivery."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Apply the migration; earlier uses of tokens and earlier attempts to deliver messages are unknown."""
    op.add_column("deal", sa.Column("client_name", sa.Text(), nullable=True))
    _name_deals(op.get_bind())
    is_named = sa.text("client_name IS NOT NULL")
    op.create_index(
        "ix_deal_client_name",
        "deal",
        ["site_id", "client_name", "id"],
        sqlite_where=is_named,
        postgresql_where=is_named,
    )
    op.add_column("token", sa.Column("used_at", sa.BigInteger(), nullable=True))
    op.add_column("webhook_outbox", sa.Column("attempts", sa.Integer(), nullable=True))
    op.add_column("webhook_outbox", sa.Column("last_fault", sa.Text(), nullable=True))
    op.add_column("webhook_outbox", sa.Column("unsent_reason", sa.String(8), nullable=True))


def _name_deals(connection: sa.Connection) -> None:
    """Copy the client's name from the details of each deal that have one to the new column."""
    site, deal = (
        sa.table("site", sa.column("id")),
        sa.table("deal", *map(sa.column, ("site_id", "details", "client_name"))),
    )
    if connection.dialect.name == "sqlite":
        name = sa.func.json_extract(deal.c.details, "$.main_contacts.full_name")
    else:
        name = sa.func.json_extract_path_text(sa.cast(deal.c.details, sa.JSON), "main_contacts", "full_name")
    for site_id in connection.execute(sa.select(site.c.id)).scalars().all():
        stated = sa.update(deal).where(deal.c.site_id == site_id, deal.c.details.is_not(None))
        connection.execute(stated.values(client_name=sa.func.nullif(name, "")))
