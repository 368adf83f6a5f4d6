"""The page of a deal: its current values, why it has its lead, the visits that led to it, and its history."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel, CreditKey, credit_key_of_visit
from dealtrace.attribution.origin import LeadVisit, origin_of_deal
from dealtrace.attribution.visit import Visit
from dealtrace.cabinet.deals.client_path import path_of
from dealtrace.cabinet.deals.details import DetailsFormatter
from dealtrace.cabinet.deals.explanation import ExplanationFormatter
from dealtrace.cabinet.deals.history import STATE_FIELDS, VERSIONS_SHOWN, Callers, DealHistoryFormatter, shown_versions
from dealtrace.cabinet.deals.rule_changes import OtherOrigins
from dealtrace.cabinet.form_pages import Faults, done_text
from dealtrace.cabinet.formats import clock_time, money
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import LEAD_LABELS
from dealtrace.cabinet.links import lead_url, source_label, web_url
from dealtrace.cabinet.list_query import BEFORE
from dealtrace.cabinet.notes.gap_sentences import missing_leads_sentence
from dealtrace.cabinet.view import View
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.details import search_contacts_of
from dealtrace.deals.versions import FIRST_VERSION, DealVersion
from dealtrace.errors import DealNotFound
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.find import find_deal
from dealtrace.operations.matching.explain import Explanation, explain_deal
from dealtrace.operations.matching.list_days_without_leads import list_days_without_leads
from dealtrace.record import record
from dealtrace.reports.reading.gaps import Gap
from dealtrace.storage.accounts.tokens import list_tokens
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.deals.versions import list_versions_with_state
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.leads.clients import find_client_ids, find_clients
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.visits.credits import CreditsByModel, find_credits, find_deal_visits
from dealtrace.whole_number import ID_MAX


@record
class DealFact:
    """A labelled current value of a deal, as strings; `url` is where it links to, or empty."""

    name: str
    value: str
    url: str = ""


@record
class CardFacts:
    """The stored data of a deal; `lead` is `None` if it has no lead.

    `clients` has the client of the lead or, without a lead, the clients whose contacts were sent with the deal.
    `others` has the origins of the leads and visits that other rules would give the deal. `gaps` are the days without
    leads among which the deal's lead was searched for.
    """

    deal: Deal
    explanation: Explanation
    others: OtherOrigins
    versions: Sequence[DealVersion]
    shown: range
    callers: Callers
    lead: LeadEntry | None
    clients: Sequence[Client]
    credits: CreditsByModel
    visit: LeadVisit | None
    gaps: Sequence[tuple[LeadKind, Gap]]


async def show(view: View) -> Response:
    """Show the page of a deal, even if it is deleted."""
    deal_id = view.request.path_params["deal"]
    if deal_id > ID_MAX:
        return not_found_page(view)
    try:
        facts = await view.read(_read, view.current_site, deal_id, view.request.query_params.get(BEFORE, ""))
    except DealNotFound:
        return not_found_page(view)
    return view.page("deals/card.html", faults={}, done=done_text(view), **_shown(view, facts))


async def show_refused(view: View, deal_id: int, faults_of: Callable[[CardFacts], Faults]) -> Response:
    """Show the page of a deal after a refused form, with the error messages from `faults_of` and the entered values.

    If `faults_of` returns no messages, the form refers to something that does not exist: show the 404 page.
    """
    try:
        facts = await view.read(_read, view.current_site, deal_id, view.request.query_params.get(BEFORE, ""))
    except DealNotFound:
        return not_found_page(view)
    faults = faults_of(facts)
    if not faults:
        return not_found_page(view)
    return view.page("deals/card.html", HTTPStatus.BAD_REQUEST, faults=faults, **_shown(view, facts))


def _read(connection: Connection, site: Site, deal_id: int, before: str) -> CardFacts:
    deal = find_deal(connection, site, deal_id, with_deleted=True, lock=False)
    entries: Sequence[LeadEntry] = ()
    model = AttributionModel(site.attribution)
    if deal.lead is not None:
        entries = list_lead_entries(connection, site, deal.lead.kind, [deal.lead.id], model, with_visits=True)
    explanation = explain_deal(connection, site, deal)
    shown = shown_versions(deal.version, before)
    versions = list_versions_with_state(connection, site.id, deal.id, shown, STATE_FIELDS)
    logins = find_logins(connection, {each.user_id for each in versions if each.user_id is not None})
    return CardFacts(
        deal,
        explanation,
        _other_origins(connection, site, explanation, model),
        versions,
        shown,
        Callers({token.id: token.label for token in list_tokens(connection, site.id)}, logins),
        entries[0] if entries else None,
        [entry.client for entry in entries] if deal.lead is not None else _clients_by_contact(connection, site, deal),
        *_credited(connection, site, deal),
        list_days_without_leads(connection, site, explanation, clock.now()),
    )


def _other_origins(
    connection: Connection, site: Site, explanation: Explanation, model: AttributionModel
) -> OtherOrigins:
    """Return the origins of the leads and visits that other rules or matchers would give a deal."""
    matches = [change.found for change in explanation.matcher_changes]
    leads = {change.lead for change in explanation.rule_changes} | {match.lead for match in matches}
    summaries = find_lead_summaries(connection, site.id, [ref for ref in leads if ref is not None], model)
    visit_ids = {match.visit_id for match in matches if match.visit_id is not None}
    matched = [replace(explanation.deal, id=DealId(visit_id), visit_id=visit_id) for visit_id in visit_ids]
    visits = find_deal_visits(connection, site.id, matched, model)
    return OtherOrigins(
        {ref: summary.origin for ref, summary in summaries.items()}, {int(key): visit for key, visit in visits.items()}
    )


def _clients_by_contact(connection: Connection, site: Site, deal: Deal) -> list[Client]:
    """List the clients whose phones and e-mails were sent with a deal; the pages of these clients list the deal."""
    sent = [each for each in (deal.clue.contact, search_contacts_of(deal.details)) if each is not None]
    contacts = list(dict.fromkeys(contact for each in sent for contact in each.normals))
    owners = find_client_ids(connection, site.id, contacts)
    found = find_clients(connection, site.id, owners.values())
    clients = [found[owners[contact]] for contact in contacts if owners.get(contact) in found]
    return list({client.id: client for client in clients}.values())


def _credited(connection: Connection, site: Site, deal: Deal) -> tuple[CreditsByModel, LeadVisit | None]:
    """Return a deal's credits by attribution model, and its visit if it was matched to a visit instead of a lead."""
    if deal.visit_id is None:
        return (find_credits(connection, site.id, CreditKey(deal.lead.id)) if deal.lead is not None else {}), None
    visits = find_deal_visits(connection, site.id, [deal], AttributionModel(site.attribution))
    return find_credits(connection, site.id, credit_key_of_visit(deal.visit_id)), visits.get(deal.id)


def _path(facts: CardFacts) -> list[Visit]:
    """List the visits that may be credited with a deal, earliest first."""
    if facts.lead is not None:
        return list(facts.lead.visits)
    visits = [credit.visit for credit in facts.credits.get(AttributionModel.LINEAR, ())]
    return sorted(visits, key=lambda visit: (visit.started_at, visit.id))


def _shown(view: View, facts: CardFacts) -> dict[str, object]:
    deal, history = facts.deal, DealHistoryFormatter(view, facts.callers)
    explanation_formatter = ExplanationFormatter(view)
    deleted_at = deal.deleted_at
    page_url = f"/cabinet/{view.current_site.id}/deals/{deal.id}"
    shown = facts.shown
    return {
        "deal": deal,
        "page_url": page_url,
        "deleted": view.clock_time(deleted_at) if deleted_at is not None else "",
        "facts": _facts(view, facts),
        "custom": sorted((deal.custom_values or {}).items()),
        "lead_label": explanation_formatter.lead_label(deal.lead),
        "lead_url": lead_url(view.current_site.id, deal.lead) if deal.lead is not None else "",
        "clients": [(client, ", ".join((*client.phones, *client.emails))) for client in facts.clients],
        "explained": explanation_formatter.explained(facts.explanation, facts.others, _found_at(facts)),
        "missing_leads": [missing_leads_sentence(kind, gap, view) for kind, gap in facts.gaps],
        "client_path": path_of(_path(facts), facts.credits, facts.clients, view),
        "states": (states := history.states(facts.versions, shown)),
        "has_funnels": any(state.funnel for state in states),
        "versions": history.versions(facts.versions, shown),
        "earlier_url": f"{page_url}?{BEFORE}={shown.start}#history" if shown.start > FIRST_VERSION else "",
        "later_url": f"{page_url}?{BEFORE}={shown.stop + VERSIONS_SHOWN}#history" if shown.stop <= deal.version else "",
        "is_pinned": deal.pinned_at is not None,
        "sent": {name: view.form.get(name) for name in ("lead", "kind", "id")},
        "lead_kinds": [(kind.value, view.translate(LEAD_LABELS[kind])) for kind in LeadKind],
    }


def _found_at(facts: CardFacts) -> datetime | None:
    """Return the start of a deal's lead or visit, or `None` if the deal has neither."""
    if facts.lead is not None:
        return facts.lead.lead.began_at
    return facts.visit.own.started_at if facts.visit is not None else None


def _why_unsourced(deal: Deal) -> str:
    """Return the reason why a deal has no source, in English."""
    if deal.lead is None:
        return "no source: no lead was found for the deal"
    return "no source: the deal’s lead is not linked to a visit to the site"


def _facts(view: View, facts: CardFacts) -> list[DealFact]:
    say, zone, deal, lead = view.translate, view.current_site.time_zone, facts.deal, facts.lead
    origin = origin_of_deal(lead.origin if lead is not None else None, deal.stated_source, facts.visit)
    details = DetailsFormatter(view, deal.currency).lines(deal.details)
    margin = money(view.language, deal.margin_rub, deal.currency) if deal.margin_rub is not None else ""
    lines = [
        (say("Status"), deal.status),
        (say("Amount"), money(view.language, deal.amount_rub, deal.currency)),
        (say("Margin"), margin),
        (say("Date of the deal"), clock_time(view.language, deal.happened_at, zone)),
        (say("Source"), source_label(origin.source) if origin.is_known else say(_why_unsourced(deal))),
        (say("Service"), deal.service),
        (say("Manager"), deal.manager or ""),
        *details.items(),
        *_contacts(view, deal),
        (say("Comment"), deal.comment or ""),
        (say("Tags"), ", ".join(deal.tags)),
        (say("Dealtrace ID"), str(deal.id)),
    ]
    link = say("Link")
    return [DealFact(name, value, web_url(value) if name == link else "") for name, value in lines if value]


def _contacts(view: View, deal: Deal) -> list[tuple[str, str]]:
    """Return a deal's phone and e-mail as pairs of title and text.

    The list is empty if `deal.details` has contacts, since those are shown with the other details.
    """
    contact = deal.clue.contact
    if contact is None or search_contacts_of(deal.details) is not None:
        return []
    return [
        (view.translate("Phone"), contact.phone.as_sent if contact.phone is not None else ""),
        (view.translate("E-mail"), contact.email.as_sent if contact.email is not None else ""),
    ]
