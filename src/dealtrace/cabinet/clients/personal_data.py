"""A person's data: shown, exported as a file, or anonymised after a confirmation."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.cabinet.clients.timeline import read_person
from dealtrace.cabinet.gate import not_found_page, refusal_page
from dealtrace.cabinet.labels import unknown_choice
from dealtrace.cabinet.links import client_url
from dealtrace.cabinet.rendering import HEADERS
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import has_changed, may_save
from dealtrace.errors import InvalidParameters
from dealtrace.http.replies import success
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.personal_data import Erasure, erase_people
from dealtrace.record import record
from dealtrace.storage import personal_data
from dealtrace.storage.reports.mirror.mirror import without_mirror
from dealtrace.storage.visits.erased_contacts import find_visits_with_contacts

ERASE = "erase"
WITHOUT = "without"
"""The name of the form field that also selects the person's leads without a valid phone or e-mail."""
_LABELS = {"contact": "Contacts"}


@record
class KnownPerson:
    """A person: the client, all ids of the person, and all contacts, including those that only deleted leads have."""

    client: Client
    joined_ids: frozenset[int]
    contacts: tuple[str, ...]


@record
class ContactLine:
    """A contact of the person, and the number of leads with it; if it `is_chosen`, its data is exported or erased."""

    text: str
    is_chosen: bool
    leads: int


@record
class ChosenContacts:
    """The contacts of a person chosen in a form, and whether leads without a valid phone or e-mail are chosen too."""

    contacts: frozenset[str]
    takes_those: bool


@record
class Preview:
    """A person's contacts, and in `traces` the data to export or erase: all data found by the chosen contacts.

    `without_contact` is the number of the person's leads without a valid phone or e-mail; if `takes_those` is true,
    these leads are exported or erased too.
    """

    contacts: tuple[ContactLine, ...]
    without_contact: int
    takes_those: bool
    traces: personal_data.Traces

    @property
    def chosen(self) -> frozenset[str]:
        """Return the chosen contacts."""
        return frozenset(line.text for line in self.contacts if line.is_chosen)

    @property
    def fingerprint(self) -> str:
        """Return a digest of the chosen contacts and all rows to export or erase."""
        traces = self.traces
        of_rows = (traces.clients, traces.calls, traces.lead_requests, traces.visits, traces.deals)
        listed = [sorted(self.chosen), sorted(traces.contacts), *map(sorted, of_rows)]
        return sha256(json.dumps(listed).encode()).hexdigest()


async def show(view: View) -> Response:
    """Show the page from which a person's data can be exported or erased."""
    person = await _read_person(view)
    if person is None:
        return not_found_page(view)
    if unknown := _unknown_contacts(view, person):
        return refusal_page(view, unknown, _LABELS)
    return _page(view, "clients/personal_data.html", person, await _preview(view, person))


async def export(view: View) -> Response:
    """Send everything that is stored about a person as a JSON file, with a list of rows for each table."""
    person = await _read_person(view)
    if person is None:
        return not_found_page(view)
    if unknown := _unknown_contacts(view, person):
        return refusal_page(view, unknown, _LABELS)
    preview = await _preview(view, person)
    rows = await view.read(_rows, view.current_site, preview.traces)
    file: Mapping[str, int | Sequence[Mapping[str, object]]] = {"siteId": view.current_site.id, **rows}
    name = f"person-{view.current_site.id}-{person.client.id}.json"
    return Response(
        success(file, "person_exported").body,
        media_type="application/json",
        headers={**HEADERS, "content-disposition": f'attachment; filename="{name}"'},
    )


async def erase(view: View) -> Response:
    """Anonymise a person if the data has not changed since it was confirmed; otherwise ask for confirmation."""
    person = await _read_person(view)
    if person is None:
        return not_found_page(view)
    preview = await _preview(view, person)
    if preview.traces.is_empty:
        return _page(view, "clients/personal_data.html", person, preview)
    if view.form.get("act") != ERASE or not may_save(view, preview.fingerprint):
        return _page(view, "clients/confirm.html", person, preview)
    client_ids = person.joined_ids if preview.takes_those else frozenset[int]()
    visits = await view.read(find_visits_with_contacts, view.current_site.id, preview.traces.contacts)
    found = await _erase(view, Erasure(preview.chosen, preview.traces, client_ids, visits))
    if found != preview.traces:
        return _page(view, "clients/confirm.html", person, replace(preview, traces=found))
    return _page(view, "clients/erased.html", person, preview)


async def _erase(view: View, erasure: Erasure) -> personal_data.Traces:
    """Erase a person while the column mirror (the copy of data for reports) is locked; return the person's rows.

    Nothing is erased if these rows differ from `erasure.expected`.

    Raises:
        MirrorBusy: another process held the lock of the mirror for too long.
        ServerStopping: the server began to stop while another process held the lock.
    """
    with ExitStack() as held:
        unlocked = without_mirror(view.services.database, view.services.server_stop.require_running)
        await asyncio.to_thread(held.enter_context, unlocked)
        return await view.write(erase_people, erasure)


async def _read_person(view: View) -> KnownPerson | None:
    """Return the person in the page's path, or `None` if the site has no such person."""
    facts = await read_person(view)
    if facts is None:
        return None
    deleted = await view.read(_read_deleted, view.current_site, facts.joined_ids)
    return KnownPerson(facts.client, facts.joined_ids, tuple(dict.fromkeys((*facts.contacts, *deleted))))


def _read_deleted(connection: Connection, site: Site, client_ids: frozenset[int]) -> Sequence[str]:
    return personal_data.list_contacts_of_deleted_leads(connection, site.id, client_ids)


def _unknown_contacts(view: View, person: KnownPerson) -> InvalidParameters | None:
    """Return the refusal of contacts in the URL that the person does not have, or `None` if there are none."""
    unknown = [each for each in view.request.query_params.getlist("contact") if each and each not in person.contacts]
    return InvalidParameters([unknown_choice("contact", each) for each in unknown]) if unknown else None


async def _preview(view: View, person: KnownPerson) -> Preview:
    """Return the preview of the data chosen in the form or the query, or of all data if the page was just opened."""
    is_form = bool(view.form.fields)
    query = view.request.query_params
    asked = view.form.all("contact") if is_form else query.getlist("contact")
    takes_those = view.form.get(WITHOUT) if is_form else query.get(WITHOUT, "")
    is_first = not is_form and "contact" not in query and WITHOUT not in query
    chosen = frozenset(person.contacts if is_first else asked) & frozenset(person.contacts)
    return await view.read(_read, view.current_site, person, ChosenContacts(chosen, is_first or bool(takes_those)))


def _read(connection: Connection, site: Site, person: KnownPerson, choice: ChosenContacts) -> Preview:
    leads_of = {text: personal_data.find_traces(connection, site.id, [text]).leads for text in person.contacts}
    lines = (ContactLine(text, text in choice.contacts, leads) for text, leads in leads_of.items())
    joined = sorted(person.joined_ids)
    without = [
        lead_id
        for kind in LeadKind
        for lead_id in personal_data.find_leads_without_contact(connection, site.id, kind, joined)
    ]
    takes_those = choice.takes_those and bool(without or not person.contacts)
    traces = personal_data.find_traces(connection, site.id, choice.contacts, joined if takes_those else ())
    return Preview(tuple(lines), len(without), takes_those, traces)


def _rows(connection: Connection, site: Site, traces: personal_data.Traces) -> personal_data.RowsByTable:
    return personal_data.find_rows(connection, site.id, traces)


def _page(view: View, template: str, person: KnownPerson, preview: Preview) -> Response:
    traces = preview.traces
    return view.page(
        template,
        person_url=client_url(view.current_site.id, person.client),
        client=person.client,
        contacts=preview.contacts,
        without_contact=preview.without_contact,
        takes_those=preview.takes_those,
        chosen=sorted(preview.chosen),
        agreed=preview.fingerprint,
        has_changed=has_changed(view, preview.fingerprint),
        calls=len(traces.calls),
        lead_requests=len(traces.lead_requests),
        deals=len(traces.deals),
        visits=len(traces.visits),
        is_empty=traces.is_empty,
    )
