"""The progress of reclassifying visits (computing their traffic sources again), and the list of the next visitors."""

from sqlalchemy import Connection, delete, func, literal, select

from dealtrace.attribution.reclassification import Reclassification
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.site_data import reclassification
from dealtrace.storage.schema.tables.visits import visit

_FIELDS = ("hosts_digest", "started_at", "visits", "visits_changed", "leads_moved", "after_visitor")


def find_reclassification(connection: Connection, site_id: int) -> Reclassification | None:
    """Find the progress of a site's unfinished reclassification, or return `None` if there is none."""
    columns = (reclassification.c[name] for name in _FIELDS)
    row = connection.execute(select(*columns).where(reclassification.c.site_id == site_id)).one_or_none()
    return Reclassification(*row) if row is not None else None


def upsert_reclassification(connection: Connection, site_id: int, at: Reclassification) -> None:
    """Store the progress of reclassifying the visits of a site."""
    values = {name: getattr(at, name) for name in _FIELDS}
    statement = insert_into(connection, reclassification).values(site_id=site_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["site_id"], set_=values))


def delete_reclassification(connection: Connection, site_id: int) -> None:
    """Delete the progress of a finished reclassification."""
    connection.execute(delete(reclassification).where(reclassification.c.site_id == site_id))


def list_next_visitors(
    connection: Connection, site_id: int, after_visitor: str, *, visitors_max: int, visits_max: int
) -> list[str]:
    """List up to `visitors_max` visitors after `after_visitor`, ordered by id, with up to `visits_max` visits in total.

    If the first visitor alone has more visits, only that visitor is listed. Anonymised visitors are left out, because
    their visits have no landing page or referrer to classify.
    """
    counted = (
        select(visit.c.visitor_id, func.count())
        .where(visit.c.site_id == site_id, visit.c.visitor_id > after_visitor)
        .group_by(visit.c.visitor_id)
        .order_by(visit.c.visitor_id)
        .limit(visitors_max)
    )
    visitors: list[str] = []
    total = 0
    for visitor_id, visits in connection.execute(counted):
        total += visits
        if visitors and total > visits_max:
            break
        visitors.append(visitor_id)
    return visitors


def count_visits(connection: Connection, site_id: int, after_visitor: str = "") -> int:
    """Count the visits of visitors whose ids sort after `after_visitor`."""
    mine = (visit.c.site_id == site_id, visit.c.visitor_id > after_visitor)
    return int(connection.execute(select(func.count()).select_from(visit).where(*mine)).scalar_one())


def count_visits_up_to(connection: Connection, site_id: int, most: int) -> int:
    """Count a site's visits that have a visitor id; counting stops at `most + 1`, because there may be very many."""
    mine = select(literal(1).label("found")).where(visit.c.site_id == site_id, visit.c.visitor_id > "")
    counted = mine.limit(most + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(counted)).scalar_one())
