"""The time of each client's first lead, stored because computing it takes longer than the rest of a report."""

from collections.abc import Sequence

from dealtrace.storage.reports.mirror.library import MirrorConnection

_FIRST = 'INSERT INTO clients SELECT site_id, client_id, min("at") FROM leads WHERE client_id IS NOT NULL'
_OF_LEADS = """SELECT client_id FROM leads
    WHERE site_id = ? AND id IN (SELECT unnest(CAST(? AS BIGINT[]))) AND client_id IS NOT NULL"""


def fill_clients(mirror: MirrorConnection) -> None:
    """Compute the first lead of every client; the table must be empty."""
    mirror.execute(f"{_FIRST} GROUP BY site_id, client_id")


def note_clients(mirror: MirrorConnection, site_id: int, leads: Sequence[int]) -> None:
    """Store the clients of leads in a temporary table, before the leads are replaced."""
    mirror.execute(f"CREATE OR REPLACE TEMP TABLE changed_clients AS {_OF_LEADS}", [site_id, leads])


def replace_clients(mirror: MirrorConnection, site_id: int, leads: Sequence[int]) -> None:
    """Compute the first lead again for each client who has one of the leads, or had one before the change."""
    mirror.execute(f"INSERT INTO changed_clients {_OF_LEADS}", [site_id, leads])
    theirs = "site_id = ? AND client_id IN (SELECT client_id FROM changed_clients)"
    mirror.execute(f"DELETE FROM clients WHERE {theirs}", [site_id])  # noqa: S608 - a condition of ours
    mirror.execute(f"{_FIRST} AND {theirs} GROUP BY site_id, client_id", [site_id])
