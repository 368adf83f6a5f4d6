"""SQL expressions for what each client of a site did first: the first lead, and the first deal that was won."""

from sqlalchemy import BigInteger, Subquery, and_, case, func, select, type_coerce, union_all

from dealtrace.leads.lead import LeadKind
from dealtrace.reports.dimensions import NEW_CLIENT, RETURNING_CLIENT
from dealtrace.reports.facts import Fact
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.reports.fact_tables import AT, SITE_ID, DealTime, FactTables
from dealtrace.storage.reports.measure_flags import FIRST_WON
from dealtrace.storage.reports.statement_types import Expression, Selection
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES


def with_first_won(chosen: Selection, base: Subquery, first: Subquery) -> Selection:
    """Return the select `chosen` with one more column: 1 for the first won deal of each client, 0 for all other deals.

    Ours: if several won deals of a client have the same, earliest time, the column is 1 for all of them, so the order
    in which deals arrive does not matter. The join compares times as well as clients, because PostgreSQL would
    otherwise expect far too many rows and read them in a single process.
    """
    is_first = and_(base.c.meaning == Meaning.WON, first.c.client_id.is_not(None))
    joined = base.outerjoin(first, and_(first.c.client_id == base.c.client_id, first.c[AT] == base.c[AT]))
    return chosen.add_columns(case((is_first, 1), else_=0).label(FIRST_WON)).select_from(joined)


def first_won(tables: FactTables, deal_time: DealTime) -> Subquery:
    """Return a select of each client's first won deal, over all time: `client_id` and the deal's time."""
    won = tables.rows(Fact.DEALS, {"client_id", "meaning", AT}, deal_time).subquery("won")
    is_won = (won.c.meaning == Meaning.WON, won.c.client_id.is_not(None))
    return (
        select(won.c.client_id, func.min(won.c[AT]).label(AT))
        .where(*is_won)
        .group_by(won.c.client_id)
        .subquery("first_won")
    )


def first_leads() -> Subquery:
    """Return a select of the site's clients (`client_id`), each with the time of the client's first lead ever (`at`).

    One pass groups the leads of all clients; searching for the earlier leads of every counted lead would take several
    times as long.
    """
    leads = union_all(*(_leads(kind) for kind in LeadKind)).subquery("leads_of_clients")
    first = select(leads.c.client_id, func.min(leads.c.at).label("at")).group_by(leads.c.client_id)
    return first.subquery("first_leads")


def _leads(kind: LeadKind) -> Selection:
    table = LEAD_TABLES[kind]
    started_at = type_coerce(LEAD_STARTS[kind], BigInteger).label("at")
    return select(table.c.client_id, started_at).where(table.c.site_id == SITE_ID, table.c.deleted_at.is_(None))


def client_kind(first: Subquery, started_at: Expression) -> Expression:
    """Return the SQL expression for `client_kind`: returning if the client had an earlier lead, else new.

    Ours: if several leads of a client share the earliest time, all of them are of a new client, so the order in which
    they arrive does not matter.
    """
    return case((first.c.at < started_at, RETURNING_CLIENT), else_=NEW_CLIENT)


def client_since(client_id: Expression) -> Expression:
    """Return the SQL expression for the time of a client's first lead, null if there is none; slow for many clients."""
    by_call, by_request = (_first_lead(kind, client_id) for kind in LeadKind)
    return case((by_call < by_request, by_call), else_=func.coalesce(by_request, by_call))


def _first_lead(kind: LeadKind, client_id: Expression) -> Expression:
    first = LEAD_TABLES[kind].alias(f"first_{kind}")
    started_at = type_coerce(first.c[LEAD_STARTS[kind].name], BigInteger)
    theirs = (first.c.site_id == SITE_ID, first.c.client_id == client_id, first.c.deleted_at.is_(None))
    return select(func.min(started_at)).where(*theirs).scalar_subquery()
