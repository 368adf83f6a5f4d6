"""Store the first id of a database: ten billion if ids were assigned already, otherwise a billion."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

FIRST_ID_BEFORE = 10**10
FIRST_ID_OF_NEW = 10**9


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("id_block", sa.Column("first_id", sa.BigInteger(), nullable=True))
    ids = sa.table("id_block", sa.column("name"), sa.column("next_id"), sa.column("first_id"))
    assigned = op.get_bind().execute(sa.update(ids).values(first_id=FIRST_ID_BEFORE)).rowcount
    if not assigned:
        new = {"name": "id", "next_id": FIRST_ID_OF_NEW, "first_id": FIRST_ID_OF_NEW}
        op.get_bind().execute(sa.insert(ids).values(new))
    with op.batch_alter_table("id_block") as table:  # SQLite must create the table again
        table.alter_column("first_id", existing_type=sa.BigInteger(), nullable=False)
