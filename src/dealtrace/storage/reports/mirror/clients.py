"""When the first lead of every client began, kept beside the leads: sought anew, it costs more than the answer."""

from collections.abc import Sequence

from dealtrace.storage.reports.mirror.library import MirrorConnection

_FIRST = 'INSERT INTO clients SELECT site_id, client_id, min("at") FROM leads WHERE client_id IS NOT NULL'
_OF_LEADS = """SELECT client_id FROM leads
    WHERE site_id = ? AND id IN (SELECT unnest(CAST(? AS BIGINT[]))) AND client_id IS NOT NULL"""


def fill_clients(mirror: MirrorConnection) -> None:
    """Fill the empty table of clients from all leads."""
    mirror.execute(f"{_FIRST} GROUP BY site_id, client_id")


def note_clients(mirror: MirrorConnection, site_id: int, leads: Sequence[int]) -> None:
    """Note whose leads some are before they are replaced."""
    mirror.execute(f"CREATE OR REPLACE TEMP TABLE changed_clients AS {_OF_LEADS}", [site_id, leads])


def replace_clients(mirror: MirrorConnection, site_id: int, leads: Sequence[int]) -> None:
    """Replace the clients whose leads some were and are now."""
    mirror.execute(f"INSERT INTO changed_clients {_OF_LEADS}", [site_id, leads])
    theirs = "site_id = ? AND client_id IN (SELECT client_id FROM changed_clients)"
    mirror.execute(f"DELETE FROM clients WHERE {theirs}", [site_id])  # noqa: S608 - a condition of ours
    mirror.execute(f"{_FIRST} AND {theirs} GROUP BY site_id, client_id", [site_id])
