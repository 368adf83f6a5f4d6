"""Add the rows that an import of a file has added, and the progress of taking an import back."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

_COLUMNS = (
    ("number", sa.BigInteger()),
    ("noun", sa.String(12)),
    ("file_name", sa.Text()),
    ("user_id", sa.BigInteger()),
    ("publishes", sa.Boolean()),
    ("undo_begun_at", sa.BigInteger()),
    ("undo_reported_at", sa.BigInteger()),
    ("undone_at", sa.BigInteger()),
    ("taken_back", sa.BigInteger()),
    ("stayed", sa.BigInteger()),
)


def upgrade() -> None:
    """Apply the migration; what was imported before cannot be taken back."""
    for name, column_type in _COLUMNS:
        op.add_column("file_import", sa.Column(name, column_type))
    op.create_table(
        "imported_row",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("import_number", sa.BigInteger(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "import_number", "row_id", name="pk_imported_row"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "taken_back_row",
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("noun", sa.String(12), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "noun", "row_id", name="pk_taken_back_row"),
    )
