"""Counts that stop at a limit."""

from datetime import timedelta

from sqlalchemy import Connection, Select, select

from cast import Player, Stage, moscow
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.journals.keyset_pages import count_up_to
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list
from dealtrace.storage.schema.tables.leads import call


def test_a_count_with_a_limit_runs_in_one_process(stage: Stage, shop: Player) -> None:
    called_at = moscow("2018-03-26")
    stage.calls(shop, *(IncomingCall(called_at, timedelta(), f"7999{each:07}") for each in range(50)))
    query = query_lead_list(shop.site.id, LeadFilters(LeadKind.CALL, to_ring_back=True))
    rows = select(call.c.id).where(call.c.site_id == shop.site.id)
    with stage.database.read() as connection:
        if not stage.database.is_sqlite:
            make_helpers_cheap(connection)
            assert "Gather" in plan_here(connection, rows)
        assert count_up_to(connection, query, 10) == 10
        if not stage.database.is_sqlite:
            assert "Gather" not in plan_here(connection, rows)


def make_helpers_cheap(connection: Connection) -> None:
    """Have PostgreSQL read even a small table with helpers."""
    for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
        connection.exec_driver_sql(f"SET LOCAL {name} = 0")
    connection.exec_driver_sql("SET LOCAL enable_indexscan = off")
    connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")


def plan_here(connection: Connection, statement: Select[int]) -> str:
    """Return PostgreSQL's plan of a statement in the transaction of the connection."""
    text = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {text}").scalars())
