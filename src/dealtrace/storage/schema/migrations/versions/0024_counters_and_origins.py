"""Add the code of each site's visit counter, and the CORS origins whose pages may call the API."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 8

site = sa.table("site", sa.column("id", sa.BigInteger()), sa.column("counter_code", sa.String(LENGTH)))


def upgrade() -> None:
    """Apply the migration; every existing site gets a counter code."""
    op.add_column("site", sa.Column("counter_code", sa.String(LENGTH), nullable=True))
    op.add_column("site", sa.Column("cors_origins", sa.Text(), nullable=True))
    connection = op.get_bind()
    taken: set[str] = set()
    for site_id in connection.execute(sa.select(site.c.id).order_by(site.c.id)).scalars().all():
        code = next(new for new in iter(_new_code, "") if new not in taken)
        taken.add(code)
        connection.execute(sa.update(site).where(site.c.id == site_id).values(counter_code=code))
    op.create_index("uq_site_counter_code", "site", ["counter_code"], unique=True)


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
