"""A person's timeline: visits, calls, lead requests and deals, newest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.visit import Visit
from dealtrace.cabinet.formats import NOTHING, clock_time, money
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import LEAD_LABELS
from dealtrace.cabinet.leads.journal import call_state
from dealtrace.cabinet.links import client_url, device_label, lead_url, source_label
from dealtrace.cabinet.view import View
from dealtrace.deals.currency import RUBLE
from dealtrace.deals.deal import Deal
from dealtrace.errors import Language, text_in
from dealtrace.leads.call import Call
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.statuses import Meaning, status_key, status_meaning
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.client_timeline import (
    SHOWN_MAX,
    find_joined_ids,
    list_deal_ids_by_contact,
    list_lead_ids,
    list_newest_visits,
)
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.leads.clients import find_clients
from dealtrace.storage.reports.statuses import find_meanings, has_won_status
from dealtrace.whole_number import ID_MAX

_CUT_LEADS = {LeadKind.CALL: "calls", LeadKind.LEAD_REQUEST: "lead requests"}


@record
class TimelineEvent:
    """An event of the timeline: its time, title, details and amount; `url` leads to its page, or is empty."""

    at: datetime
    time: str
    title: str
    url: str
    details: str
    amount: str


@record
class PersonFacts:
    """The stored data of a person; `client` has all their known contacts, and `joined_ids` has all their ids.

    `meanings` has the meanings of the deals' statuses by `status_key`, and `has_won` says whether the site has marked a
    status as won. `cut` lists the kinds of records of which the person has more than `SHOWN_MAX`; only the newest are
    shown.
    """

    client: Client
    joined_ids: frozenset[int]
    leads: Sequence[LeadEntry]
    deals: Sequence[Deal]
    meanings: Mapping[str, Meaning]
    has_won: bool
    visits: Sequence[Visit]
    cut: Sequence[str]

    @property
    def contacts(self) -> tuple[str, ...]:
        """Return the phones and e-mails of the person, normalised."""
        return self.client.phones + self.client.emails


async def show(view: View) -> Response:
    """Show the timeline of a person."""
    facts = await read_person(view)
    if facts is None:
        return not_found_page(view)
    events = sorted(_events(facts, view), key=lambda event: event.at, reverse=True)
    return view.page(
        "clients/timeline.html",
        person_url=client_url(view.current_site.id, facts.client),
        client=facts.client,
        contacts=facts.contacts,
        events=events,
        leads=len(facts.leads),
        deals=len(facts.deals),
        visits=len(facts.visits),
        amounts=_amounts(facts, view),
        has_won=facts.has_won,
        is_owner=view.role is Role.OWNER,
        cut=", ".join(map(view.translate, facts.cut)),
        shown_max=SHOWN_MAX,
    )


def _amounts(facts: PersonFacts, view: View) -> list[tuple[str, str]]:
    """Return the titles and amounts of the won, open and lost deals; as in reports, "–" while no status means won."""
    of: dict[Meaning, list[Deal]] = {meaning: [] for meaning in Meaning}
    for deal in facts.deals:
        of[status_meaning(deal.status, facts.meanings)].append(deal)
    totals = {meaning: _total(deals, view.language) for meaning, deals in of.items()}
    return [
        (text_in(view.language, METRICS["won_amount"]), totals[Meaning.WON] if facts.has_won else NOTHING),
        (view.translate("Amount of open deals"), totals[Meaning.OPEN]),
        (view.translate("Amount of lost deals"), totals[Meaning.LOST]),
    ]


def _total(deals: Iterable[Deal], language: Language) -> str:
    """Return the total of the deals in each currency as one string: rubles first, then other currencies by name."""
    totals: dict[str, Decimal] = {}
    for deal in deals:
        if deal.amount_rub is not None:
            currency = deal.currency or RUBLE
            totals[currency] = totals.get(currency, Decimal(0)) + deal.amount_rub
    in_order = sorted(totals, key=lambda currency: (currency != RUBLE, currency))
    return " + ".join(money(language, totals[currency], currency) for currency in in_order) or money(language, 0)


async def read_person(view: View) -> PersonFacts | None:
    """Return the person in the page's path, or `None` if the site has no such person."""
    client_id = view.request.path_params["client"]
    return await view.read(_read, view.current_site, client_id) if client_id <= ID_MAX else None


def _read(connection: Connection, site: Site, client_id: int) -> PersonFacts | None:
    joined = find_joined_ids(connection, site.id, client_id)
    client = find_clients(connection, site.id, [client_id]).get(client_id)
    if client is None:
        return None
    model, leads, cut = AttributionModel(site.attribution), list[LeadEntry](), list[str]()
    for kind in LeadKind:
        ids = list_lead_ids(connection, site.id, kind, joined)
        cut += [_CUT_LEADS[kind]] * (len(ids) > SHOWN_MAX)
        leads += list_lead_entries(connection, site, kind, ids[:SHOWN_MAX], model, with_deals=True)
    visitors = {lead.visit.own.visitor_id for lead in leads if lead.visit is not None}
    deals = {deal.id: deal for lead in leads for deal in lead.deals}
    contacts = client.phones + client.emails
    sent = list_deal_ids_by_contact(connection, site.id, contacts) if contacts else []
    others = set(sent[:SHOWN_MAX]) - deals.keys()
    deals |= {deal.id: deal for deal in list_deals_by_id(connection, site.id, sorted(others))}
    meanings = find_meanings(connection, site.id, {status_key(deal.status) for deal in deals.values()})
    has_won = has_won_status(connection, site.id)
    visits = list_newest_visits(connection, site.id, visitors)
    has_all_leads = not cut
    cut += ["deals"] * (not has_all_leads or len(sent) > SHOWN_MAX)
    cut += ["visits"] * (not has_all_leads or len(visits) > SHOWN_MAX)
    found = list(deals.values())
    return PersonFacts(client, frozenset(joined), leads, found, meanings, has_won, visits[:SHOWN_MAX], cut)


def _events(facts: PersonFacts, view: View) -> Iterator[TimelineEvent]:
    zone, language, say = view.current_site.time_zone, view.language, view.translate
    for visit in facts.visits:
        said = (source_label(visit.traffic_source), visit.city, device_label(visit, language))
        details = " · ".join(part for part in said if part)
        yield TimelineEvent(
            visit.started_at, clock_time(language, visit.started_at, zone), say("Visit"), "", details, ""
        )
    for entry in facts.leads:
        yield _lead_event(entry, view)
    for deal in facts.deals:
        yield TimelineEvent(
            deal.happened_at,
            clock_time(language, deal.happened_at, zone),
            f"{say('Deal')} {deal.number}",
            f"/cabinet/{view.current_site.id}/deals/{deal.id}",
            deal.status,
            money(language, deal.amount_rub, deal.currency),
        )


def _lead_event(entry: LeadEntry, view: View) -> TimelineEvent:
    lead = entry.lead
    is_call = isinstance(lead, Call)
    state = call_state(entry, view) if is_call else "" if isinstance(lead, Call) else lead.form_name
    source = source_label(entry.origin.source) if entry.origin.is_known else ""
    return TimelineEvent(
        entry.began_at,
        view.clock_time(entry.began_at),
        view.translate(LEAD_LABELS[LeadKind.CALL if is_call else LeadKind.LEAD_REQUEST]),
        lead_url(view.current_site.id, LeadRef(LeadKind.CALL if is_call else LeadKind.LEAD_REQUEST, lead.id)),
        " · ".join(part for part in (state, source) if part),
        "",
    )
