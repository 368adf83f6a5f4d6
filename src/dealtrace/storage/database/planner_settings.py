"""PostgreSQL's settings for transactions that read large parts of a site, as reports do, or only a few of its rows."""

from sqlalchemy import Connection, text

WORK_MEMORY_MIB = 128
"""Large reads run with at least this `work_mem`, in MiB: the limit for one sort; a hash table may take twice as much.

With PostgreSQL's default of 4 MiB, the joins of reports spill to disk, and the planner sorts where it could hash.
PostgreSQL allocates only the memory that it needs.
"""
_OF_LARGE_READS = {
    "jit": "off",  # compiling a statement of this length takes longer than running it
    "parallel_tuple_cost": "0.03",  # with the default of 0.1, PostgreSQL reads in one process
    "random_page_cost": "1.1",  # with the default of 4, for spinning disks, a report on a month reads whole tables
    "plan_cache_mode": "force_custom_plan",  # the best plan for a year differs from the best for a day
}
_SETTING = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _OF_LARGE_READS.items())
_MEMORY = (
    f"set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) / 1024, {WORK_MEMORY_MIB * 1024})"
    "::text, true)"
)
_LARGE_READS = text(f"SELECT {_SETTING}, {_MEMORY}")
_READS_OF_FEW_ROWS = text("SELECT set_config('max_parallel_workers_per_gather', '0', true)")


def prepare_large_reads(connection: Connection) -> None:
    """Set how PostgreSQL plans and runs the statements of the transaction; if `work_mem` is larger already, it is kept.

    SQLite needs no settings.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LARGE_READS)


def prepare_reads_of_few_rows(connection: Connection) -> None:
    """Have PostgreSQL use a single process for statements that stop after a few rows, such as a count with a limit.

    The setting holds until the transaction ends; SQLite needs no settings.
    Ours: for a limit of 1,000 rows, the planner starts parallel workers. Starting them takes longer than reading the
    rows, and they read rows beyond the limit: counting 1,000 missed calls took 31 ms with workers, and 6 ms without.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_READS_OF_FEW_ROWS)
