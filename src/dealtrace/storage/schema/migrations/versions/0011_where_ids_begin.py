"""Where ids begin: at ten billion if this database has assigned any, otherwise at a billion."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

FIRST_ID_BEFORE = 10**10
FIRST_ID_OF_NEW = 10**9


def upgrade() -> None:
    """Take the step."""
    before = sa.table("id_block", sa.column("name"), sa.column("next_id"))
    assigned = [tuple(row) for row in op.get_bind().execute(sa.select(before.c.name, before.c.next_id))]
    op.drop_table("id_block")  # a column added on SQLite would need a default for good
    id_block = op.create_table(
        "id_block",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_id", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_id_block"),
    )
    rows = [{"name": name, "next_id": next_id, "first_id": FIRST_ID_BEFORE} for name, next_id in assigned]
    op.bulk_insert(id_block, rows or [{"name": "id", "next_id": FIRST_ID_OF_NEW, "first_id": FIRST_ID_OF_NEW}])
