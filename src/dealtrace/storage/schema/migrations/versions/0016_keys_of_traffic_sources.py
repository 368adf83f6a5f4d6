"""Store the case-folded keys by which reports group the parts of traffic sources."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

PARTS = ("source", "medium", "campaign", "content", "term")
NOTHING = {"", "(not set)", "<не заполнено>", "‹не заполнено›"}
BATCH = 1_000

site = sa.table("site", sa.column("id", sa.BigInteger))
source = sa.table(
    "traffic_source",
    sa.column("site_id", sa.BigInteger),
    sa.column("id", sa.BigInteger),
    *(sa.column(name, sa.Text) for part in PARTS for name in (part, f"{part}_key")),
)


def upgrade() -> None:
    """Apply the migration; the keys are computed in Python, because SQLite folds the case of Latin letters only."""
    for part in PARTS:
        op.add_column("traffic_source", sa.Column(f"{part}_key", sa.Text(), nullable=True))
    connection = op.get_bind()
    for site_id in connection.execute(sa.select(site.c.id)).scalars().all():
        _write_keys(connection, site_id)


def _write_keys(connection: sa.Connection, site_id: int) -> None:
    mine = sa.select(source.c.site_id, source.c.id, *(source.c[part] for part in PARTS))
    rows = connection.execute(mine.where(source.c.site_id == site_id)).all()
    statement = (
        sa.update(source)
        .where(source.c.site_id == sa.bindparam("of_site"), source.c.id == sa.bindparam("of_source"))
        .values({f"{part}_key": sa.bindparam(f"new_{part}") for part in PARTS})
    )
    for start in range(0, len(rows), BATCH):
        connection.execute(statement, [_keys(*row) for row in rows[start : start + BATCH]])


def _keys(site_id: int, source_id: int, *parts: str) -> dict[str, object]:
    keys = {f"new_{name}": _key(part) for name, part in zip(PARTS, parts, strict=True)}
    return {"of_site": site_id, "of_source": source_id, **keys}


def _key(part: str) -> str | None:
    key = part.strip().casefold()
    return None if key in NOTHING else key
