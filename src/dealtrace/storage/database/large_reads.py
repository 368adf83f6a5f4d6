"""PostgreSQL's settings for statements that read and group large parts of a site, as reports do."""

from sqlalchemy import Connection, text

WORK_MEMORY_MIB = 128
"""The least memory for a sort, and half of that for a hash table.

With PostgreSQL's default of 4 MiB, every join of a report is written to disk in parts, and the planner sorts where it
could hash. Memory is taken only as far as it is needed.
"""
_SETTINGS = {
    "jit": "off",  # compiling a statement of this length takes longer than running it
    "parallel_tuple_cost": "0.03",  # by default PostgreSQL expects ten times this, and reads in one process
    "plan_cache_mode": "force_custom_plan",  # the best plan for a year is not that for a day
}
_SETTING = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items())
_MEMORY = (
    f"set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) / 1024, {WORK_MEMORY_MIB * 1024})"
    "::text, true)"
)
_PREPARATION = text(f"SELECT {_SETTING}, {_MEMORY}")


def prepare_large_reads(connection: Connection) -> None:
    """Set how PostgreSQL plans and runs the statements of the transaction; a larger `work_mem` of the server is kept.

    SQLite needs no settings.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_PREPARATION)
