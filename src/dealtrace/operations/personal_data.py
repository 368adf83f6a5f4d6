"""Export all data that is stored about a person, or make it anonymous, as the Russian law 152-ФЗ requires."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.deals.versions import Fields, without_person
from dealtrace.errors import PersonNotFound
from dealtrace.leads.contact import normal_contacts
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import AccountWork, Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage import personal_data
from dealtrace.storage.journals.client_timeline import find_joined_ids
from dealtrace.storage.leads.clients import find_clients
from dealtrace.storage.leads.file_imports import forget_rows
from dealtrace.storage.reports.mirror.mirror import forget_mirror
from dealtrace.storage.visits.contacts_in_strings import hide_in, pattern_of_contacts
from dealtrace.storage.visits.erased_contacts import hide_contacts

PersonReference = str | int
"""What identifies a person: a phone or e-mail as written, or the id of a client of any site."""


def export_person(
    connection: Connection, sites: Sequence[Site], person: PersonReference
) -> dict[SiteId, personal_data.RowsByTable]:
    """Return all rows that `sites` store about a person, by site and by table.

    Raises:
        PersonNotFound: the contact is neither a phone nor an e-mail, or nothing is stored about the person.
    """
    found = find_person(connection, sites, person)
    return {site_id: personal_data.find_rows(connection, site_id, traces) for site_id, traces in found.items()}


def erase_person(
    work: AccountWork,
    sites: Sequence[Site],
    person: PersonReference,
    other_visits: Mapping[SiteId, frozenset[int]] | None = None,
) -> dict[SiteId, personal_data.Traces]:
    """Make the data of a person anonymous at `sites`; return the affected rows by site.

    The person's contacts are also hidden in `other_visits`, which `find_visits_with_contacts` finds, by site.

    Deals, leads and their sources are kept, so that no number in a report changes, and nothing is matched again.
    Ours: an erasure creates no version of a deal, because a version would keep what must be erased.

    Raises:
        PersonNotFound: the contact is neither a phone nor an e-mail, or nothing is stored about the person.
    """
    found = find_person(work.connection, sites, person)
    forget_mirror(work.connection)
    for site_id, traces in found.items():
        _anonymise(work, site_id, traces, (other_visits or {}).get(site_id, frozenset()))
    return found


@record
class Erasure:
    """A person to erase: the contacts in normal form, and the rows that an operator has agreed to erase.

    Leads of `client_ids` without a usable phone or e-mail are erased too. The contacts are also hidden in
    `other_visits`, which `find_visits_with_contacts` finds.
    """

    contacts: frozenset[str]
    expected: personal_data.Traces
    client_ids: frozenset[int] = frozenset()
    other_visits: frozenset[int] = frozenset()


@operation(ids_per_command=0)
def erase_people(work: Work, commands: Sequence[WriteCommand[Erasure]]) -> list[personal_data.Traces]:
    """Make the data of people anonymous, in input order; each outcome has the rows found about one person.

    Nothing is changed for a person if the found rows differ from those that the operator has agreed to erase.
    Registrations of deals wait until the transaction ends, so that no data of these people is added meanwhile. The
    caller must first remove the column mirror (a copy of the data for reports), because the mirror would keep the data.
    """
    lock_registrations(work)
    outcomes: list[personal_data.Traces] = []
    for command in commands:
        person = command.payload
        traces = personal_data.find_traces(work.connection, work.site.id, person.contacts, person.client_ids)
        if traces == person.expected:
            forget_mirror(work.connection)
            _anonymise(work, work.site.id, traces, person.other_visits)
            record_erasure(replace(work, user_id=command.user_id), work.site.id, traces)
        outcomes.append(traces)
    return outcomes


def record_erasure(work: AccountWork, site_id: int, traces: personal_data.Traces) -> None:
    """Record that a person was erased at a site, and how many leads and deals were affected, but not the contact."""
    leads, deals = str(traces.leads), str(len(traces.deals))
    record_change(work, site_id, ChangeKind.ERASURE, leads, after=deals)


def _anonymise(work: AccountWork, site_id: int, traces: personal_data.Traces, other_visits: frozenset[int]) -> None:
    sought = pattern_of_contacts(traces.contacts)
    versions = [
        (deal_id, version, _without_contacts(before, sought), _without_contacts(after, sought))
        for deal_id, version, before, after in personal_data.list_version_fields(work.connection, site_id, traces)
    ]
    personal_data.anonymise(work.connection, site_id, traces, versions)
    hide_contacts(work.connection, site_id, traces.contacts, traces.visits | other_visits, work.now)
    imported = {
        "call": traces.calls,
        "lead_request": traces.lead_requests,
        "deal": traces.deals,
        "visit": traces.visits,
    }
    for noun, ids in {**imported, "lead": traces.lead_ids}.items():
        forget_rows(work.connection, site_id, noun, ids)


def _without_contacts(fields: Fields, sought: re.Pattern[str] | None) -> Fields:
    """Return the fields of a version without values that identify the person or contacts in the stated source."""
    cleaned = without_person(fields)
    stated = cleaned.get("stated_source")
    if sought is None or not isinstance(stated, dict):
        return cleaned
    parts = {name: hide_in(text, sought) if isinstance(text, str) else text for name, text in stated.items()}
    return {**cleaned, "stated_source": parts}


def find_person(
    connection: Connection, sites: Sequence[Site], person: PersonReference
) -> dict[SiteId, personal_data.Traces]:
    """Find the rows that `sites` store about a person, by site; sites that store nothing are left out.

    Raises:
        PersonNotFound: the contact is neither a phone nor an e-mail, or nothing is stored about the person.
    """
    if isinstance(person, int):
        everywhere = {site.id: _traces_of_client(connection, site, person) for site in sites}
    else:
        stated = normal_contacts(person, person)
        everywhere = {site.id: personal_data.find_traces(connection, site.id, stated) for site in sites if stated}
    found = {site_id: traces for site_id, traces in everywhere.items() if not traces.is_empty}
    if not found:
        raise PersonNotFound(contact=str(person))
    return found


def _traces_of_client(connection: Connection, site: Site, client_id: int) -> personal_data.Traces:
    """Find the rows of a client by its contacts, including those of deleted leads, and its leads without a contact."""
    joined = find_joined_ids(connection, site.id, client_id)
    client = find_clients(connection, site.id, [client_id]).get(client_id)
    contacts = set(client.phones + client.emails if client is not None else ())
    contacts.update(personal_data.list_contacts_of_deleted_leads(connection, site.id, joined))
    return personal_data.find_traces(connection, site.id, contacts, joined)
