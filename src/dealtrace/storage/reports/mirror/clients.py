"""The time of each client's first lead, stored with leads and deals because finding it took most of a report's time."""

from collections.abc import Mapping, Sequence

from dealtrace.storage.reports.mirror import tables
from dealtrace.storage.reports.mirror.library import MirrorConnection

_CLIENTS = f"{tables.SCRATCH}.clients"
_OF_LEADS = """SELECT client_id FROM leads
    WHERE site_id = ? AND id IN (SELECT unnest(CAST(? AS BIGINT[]))) AND client_id IS NOT NULL"""


def gather_clients(mirror: MirrorConnection, leads: str) -> None:
    """Create a table that has each client's id and the time of the client's first lead, computed from `leads`."""
    first = f'SELECT site_id, client_id, min("at") AS "at" FROM {leads} WHERE client_id IS NOT NULL'  # noqa: S608
    mirror.execute(f"CREATE TABLE {_CLIENTS} AS {first} GROUP BY site_id, client_id")


def joined_clients() -> tuple[str, Mapping[str, str]]:
    """Return the SQL join of `streamed` rows with the table made by `gather_clients`, and the added column."""
    is_theirs = "clients.site_id = streamed.site_id AND clients.client_id = streamed.client_id"
    return f"LEFT JOIN {_CLIENTS} AS clients ON {is_theirs}", {tables.CLIENT_SINCE: 'clients."at"'}


def note_clients(mirror: MirrorConnection, site_id: int, leads: Sequence[int]) -> None:
    """Store the ids of the clients of `leads` in a temporary table, before these leads are replaced."""
    mirror.execute(f"CREATE OR REPLACE TEMP TABLE changed_clients AS {_OF_LEADS}", [site_id, leads])


def update_clients(mirror: MirrorConnection, site_id: int, leads: Sequence[int]) -> None:
    """Update the time of the client's first lead in all leads and deals of clients that have or had `leads`."""
    mirror.execute(f"INSERT INTO changed_clients {_OF_LEADS}", [site_id, leads])
    mirror.execute(_FIRSTS, [site_id])
    for table in (tables.leads.name, tables.deals.name):
        mirror.execute(_UPDATING.format(table=table), [site_id])


_FIRSTS = """CREATE OR REPLACE TEMP TABLE firsts AS
SELECT changed.client_id, min(leads."at") AS "at" FROM (SELECT DISTINCT client_id FROM changed_clients) AS changed
LEFT JOIN leads ON leads.site_id = ? AND leads.client_id = changed.client_id GROUP BY changed.client_id"""
_UPDATING = f"""UPDATE {{table}} SET {tables.CLIENT_SINCE} = firsts."at" FROM firsts
WHERE {{table}}.site_id = ? AND {{table}}.client_id = firsts.client_id
AND {{table}}.{tables.CLIENT_SINCE} IS DISTINCT FROM firsts."at" """  # noqa: S608 - a name of ours
