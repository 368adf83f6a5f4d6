"""Remove the meanings of `(not set)` and other placeholders, which reports treat as a missing status."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"

NOTHING = {"(not set)", "<не заполнено>", "‹не заполнено›"}


def upgrade() -> None:
    """Apply the migration; deals with a placeholder count as open again."""
    connection, site = op.get_bind(), sa.table("site", sa.column("id"))
    status = sa.table("deal_status", *map(sa.column, ("site_id", "spelling", "meaning", "classified_at")))
    for site_id in connection.execute(sa.select(site.c.id)).scalars().all():
        classified = sa.select(status.c.spelling).where(
            status.c.site_id == site_id, status.c.classified_at.is_not(None)
        )
        for spelling in connection.execute(classified).scalars().all():
            if spelling.strip().casefold() in NOTHING:
                mine = sa.update(status).where(status.c.site_id == site_id, status.c.spelling == spelling)
                connection.execute(mine.values(meaning="open", classified_at=None))
