"""Change no table: after each upgrade, statistics for SQLite's planner are written to the database."""

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """Apply the migration, which only makes an older database due for an upgrade."""
