"""Export everything stored about a person, or make it anonymous (152-ФЗ)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site, SiteId
from dealtrace.deals.versions import without_person
from dealtrace.errors import PersonNotFound
from dealtrace.leads.contact import normal_contacts
from dealtrace.storage import people


def export_person(connection: Connection, sites: Sequence[Site], contact: str) -> dict[SiteId, Mapping[str, object]]:
    """Return every row that these sites store about the person with a phone or e-mail, by site and by table.

    Raises:
        PersonNotFound: nothing is stored about them.
    """
    found = _find(connection, sites, contact)
    return {site_id: people.find_rows(connection, site_id, traces) for site_id, traces in found.items()}


def erase_person(connection: Connection, sites: Sequence[Site], contact: str) -> dict[SiteId, people.Traces]:
    """Make everything anonymous that these sites store about the person with a phone or e-mail; return what it was.

    Deals, leads and their sources stay, so that no figure changes, and nothing is matched again.
    Ours: an erasure is no version of a deal, because a version would keep what was to go.

    Raises:
        PersonNotFound: nothing is stored about them.
    """
    found = _find(connection, sites, contact)
    for site_id, traces in found.items():
        versions = [
            (deal_id, version, without_person(before), without_person(after))
            for deal_id, version, before, after in people.list_version_fields(connection, site_id, traces)
        ]
        people.anonymise(connection, site_id, traces, versions)
    return found


def _find(connection: Connection, sites: Sequence[Site], contact: str) -> dict[SiteId, people.Traces]:
    stated = normal_contacts(contact, contact)
    if not stated:
        raise PersonNotFound(contact=contact)
    everywhere = {site.id: people.find_traces(connection, site.id, stated) for site in sites}
    found = {site_id: traces for site_id, traces in everywhere.items() if not traces.is_empty}
    if not found:
        raise PersonNotFound(contact=contact)
    return found
