"""SQL selects that report statements join: leads with deals, leads with a stated source, and paths.

A path is the sequence of sources through which a client came before a lead.
"""

from sqlalchemy import (
    BigInteger,
    FromClause,
    Subquery,
    Text,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from dealtrace.attribution.traffic_source import DIRECT
from dealtrace.reports.dimensions import PATH_ARROW, UNKNOWN_STEP
from dealtrace.storage.deals.lead_links import is_its_lead
from dealtrace.storage.reports.fact_tables import SITE_ID
from dealtrace.storage.reports.sql_functions import joined_texts
from dealtrace.storage.reports.statement_types import Expression
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, call, lead_request


def leads_with_deals() -> Subquery:
    """Return a select of the distinct ids of the site's leads that have a deal: `lead_id`."""
    theirs = (deal.c.site_id == SITE_ID, deal.c.lead_id.is_not(None), deal.c.deleted_at.is_(None))
    return select(deal.c.lead_id).where(*theirs).distinct().subquery("leads_with_deals")


def stated_leads() -> Subquery:
    """Return a select of the few leads with a stated source; its columns are `id`, `kind` and `stated_source_id`."""
    columns = (
        select(table.c.id, literal(kind).label("kind"), table.c.stated_source_id).where(
            table.c.site_id == SITE_ID, table.c.stated_source_id.is_not(None)
        )
        for kind, table in LEAD_TABLES.items()
    )
    return union_all(*columns).subquery("stated")


def client_paths(touches: Subquery, sources: Subquery) -> Subquery:
    """Return a select of `lead_id` and `path`: the sources of a client's visits before the lead, as a string.

    `touches` are the visits credited under the linear model: `lead_id`, `position` (0 is the last) and `source_id`.
    `sources` are the traffic sources as in `FactTables`. A path of one unknown step is null.
    """
    ours = touches.outerjoin(sources, sources.c.id == touches.c.source_id)
    is_shown = sources.c.medium_key != DIRECT.medium
    medium = case((is_shown, " / " + sources.c.medium_key), else_="")
    step = func.coalesce(sources.c.source_key, UNKNOWN_STEP) + medium
    steps = select(touches.c.lead_id, touches.c.position, step.label("step")).select_from(ours).subquery("steps")
    before = func.lag(steps.c.step).over(partition_by=steps.c.lead_id, order_by=steps.c.position.desc())
    beside = select(steps, before.label("before")).subquery("beside")
    changes = select(beside).where(or_(beside.c.before.is_(None), beside.c.before != beside.c.step)).subquery("changes")
    path = joined_texts(changes.c.step, literal(PATH_ARROW, Text)).over(
        partition_by=changes.c.lead_id, order_by=changes.c.position.desc(), rows=(None, None)
    )
    joined = select(changes.c.lead_id, func.nullif(path, UNKNOWN_STEP).label("path")).distinct()
    return joined.subquery("paths")


def with_lead(deals: FromClause) -> FromClause:
    """Return deals joined with the call or lead request of each deal, as other functions of this module require."""
    for kind, table in LEAD_TABLES.items():
        deals = deals.outerjoin(table, is_its_lead(table, kind))
    return deals


def client_of_deal() -> Expression:
    """Return the SQL expression for the client of a deal's lead, null if the deal has no lead."""
    return func.coalesce(call.c.client_id, lead_request.c.client_id)


def visit_of_deal() -> Expression:
    """Return the SQL expression for the visit of a deal's lead or, without one, that to which the deal is matched."""
    return func.coalesce(call.c.visit_id, lead_request.c.visit_id, deal.c.visit_id)


def is_visit(visits: FromClause, visit_id: Expression, owner: FromClause) -> Expression:
    """Return the SQL condition that a visit of the site of `owner`, a lead or deal, has the id `visit_id`."""
    return and_(visits.c.site_id == owner.c.site_id, visits.c.id == visit_id)


def lead_started_at() -> Expression:
    """Return the SQL expression for the time of a deal's lead in microseconds, null if the deal has no lead."""
    return type_coerce(func.coalesce(call.c.started_at, lead_request.c.requested_at), BigInteger)
