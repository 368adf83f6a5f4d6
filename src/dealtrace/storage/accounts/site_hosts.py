"""The host names in a site's settings, such as those of a payment service."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SiteHost
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.site_data import site_host


def upsert_host(connection: Connection, site_id: int, named: SiteHost, now: datetime) -> None:
    """Store a host of a site, replacing the site's previous entry for that host."""
    said = {"kind": named.kind.value, "name": named.name, "added_at": now}
    statement = insert_into(connection, site_host).values(site_id=site_id, host=named.host, **said)
    connection.execute(statement.on_conflict_do_update(index_elements=["site_id", "host"], set_=said))


def delete_host(connection: Connection, site_id: int, named: SiteHost) -> bool:
    """Delete a host of this kind from a site, and return whether the site had it."""
    rows = site_host.c
    mine = (rows.site_id == site_id, rows.host == named.host, rows.kind == named.kind.value)
    return connection.execute(delete(site_host).where(*mine)).rowcount > 0


def list_hosts(connection: Connection, site_id: int) -> list[SiteHost]:
    """List the hosts of a site, ordered by kind and host."""
    rows = site_host.c
    query = select(rows.kind, rows.host, rows.name).where(rows.site_id == site_id).order_by(rows.kind, rows.host)
    return [SiteHost(HostKind(kind), host, name) for kind, host, name in connection.execute(query)]
