"""Sites and their settings."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update

from dealtrace.accounts.site import TARGET_CALL_DEFAULT, Site, SiteId
from dealtrace.attribution.site_hosts import hosts_of
from dealtrace.storage.accounts.custom_fields import list_custom_fields
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.accounts.site_hosts import list_hosts
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.control import revision, site
from dealtrace.storage.webhooks.webhooks import list_listeners

DELETED = "deleted site"
"""The name of a row in `revision`: deleting a site stores there the highest site id that was ever assigned."""


def insert_site(connection: Connection, new: Site, now: datetime) -> None:
    """Store a new site."""
    connection.execute(
        insert(site).values(
            id=new.id,
            name=new.name,
            time_zone=new.time_zone.key,
            contact_matching=new.contact_matching,
            points_per_day=new.points_per_day,
            point_costs=dict(new.point_costs),
            attribution=new.attribution,
            respects_do_not_track=new.respects_do_not_track,
            unique_depth_days=new.unique_depth.days if new.unique_depth is not None else None,
            target_call_seconds=new.target_call // timedelta(seconds=1),
            counter_code=new.counter_code or None,
            cors_origins=list(new.cors_origins),
            created_at=now,
        )
    )
    raise_revision(connection)


def hold_site(connection: Connection, site_id: int) -> None:
    """Lock the settings of a site until the transaction ends, so that the caller can read and then change them."""
    connection.execute(select(site.c.id).where(site.c.id == site_id).with_for_update())


def update_site(connection: Connection, site_id: int, values: Mapping[str, object]) -> bool:
    """Change a site's settings to `values`, by column name, and return whether the site exists."""
    changed = connection.execute(update(site).where(site.c.id == site_id).values(**values)).rowcount > 0
    raise_revision(connection)
    return changed


def find_site(connection: Connection, site_id: int) -> Site | None:
    """Find a site with its settings, custom fields and webhooks, or return `None` if there is none."""
    row = connection.execute(select(site).where(site.c.id == site_id)).one_or_none()
    return _site_from_row(connection, row) if row is not None else None


def find_sites(connection: Connection, site_ids: Sequence[int]) -> dict[SiteId, Site]:
    """Find the sites with the given ids, by id in ascending order; unknown ids are left out."""
    if not site_ids:
        return {}
    rows = connection.execute(select(site).where(is_in(site.c.id, site_ids)).order_by(site.c.id)).all()
    return {SiteId(row.id): _site_from_row(connection, row) for row in rows}


def find_site_of_counter(connection: Connection, code: str) -> Site | None:
    """Find the site whose visit counter has the code `code`, or return `None` if there is none."""
    row = connection.execute(select(site).where(site.c.counter_code == code)).one_or_none()
    return _site_from_row(connection, row) if row is not None else None


def find_cors_origins(connection: Connection) -> frozenset[str]:
    """Find all CORS origins that are allowed by at least one site."""
    named = connection.execute(select(site.c.cors_origins).where(site.c.cors_origins.is_not(None)))
    return frozenset(origin for (origins,) in named for origin in origins)


def list_sites(connection: Connection) -> list[Site]:
    """List all sites in the order of their ids."""
    return [_site_from_row(connection, row) for row in connection.execute(select(site).order_by(site.c.id)).all()]


def list_site_ids(connection: Connection) -> list[SiteId]:
    """List the ids of all sites in ascending order."""
    return [SiteId(site_id) for site_id in connection.execute(select(site.c.id).order_by(site.c.id)).scalars()]


def find_site_names(connection: Connection) -> dict[SiteId, str]:
    """Find the names of all sites by site id, in ascending order of the ids."""
    rows = connection.execute(select(site.c.id, site.c.name).order_by(site.c.id))
    return {SiteId(site_id): name for site_id, name in rows}


def next_site_id(connection: Connection) -> SiteId:
    """Return the id for a new site: 1 for the first site, then one above the highest id that ever existed.

    The id of a deleted site is not assigned again, because running servers may still remember its data.
    """
    highest = connection.execute(select(func.max(site.c.id))).scalar_one()
    deleted = connection.execute(select(revision.c.number).where(revision.c.name == DELETED)).scalar_one_or_none()
    return SiteId(max(highest or 0, deleted or 0) + 1)


def _site_from_row(connection: Connection, row: NamedRow) -> Site:
    return Site(
        id=SiteId(row.id),
        name=row.name,
        time_zone=ZoneInfo(row.time_zone),
        contact_matching=row.contact_matching,
        points_per_day=row.points_per_day,
        point_costs=row.point_costs,
        attribution=row.attribution,
        custom_fields=frozenset(list_custom_fields(connection, row.id)),
        respects_do_not_track=row.respects_do_not_track is not False,
        unique_depth=timedelta(days=row.unique_depth_days) if row.unique_depth_days else None,
        target_call=timedelta(seconds=row.target_call_seconds)
        if row.target_call_seconds is not None
        else TARGET_CALL_DEFAULT,
        listeners=list_listeners(connection, row.id),
        cors_origins=tuple(row.cors_origins or ()),
        counter_code=row.counter_code or "",
        hosts=hosts_of(astuple(each) for each in list_hosts(connection, row.id)),
    )
