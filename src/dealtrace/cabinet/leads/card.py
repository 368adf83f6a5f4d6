"""The page of a lead: its values, annotations with their versions, deals, and the visits that led to it."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel, CreditKey
from dealtrace.cabinet.deals.client_path import path_of
from dealtrace.cabinet.form_pages import Faults, done_text
from dealtrace.cabinet.formats import money
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.leads.history import note_lines
from dealtrace.cabinet.leads.journal import call_state
from dealtrace.cabinet.leads.missed_calls import mark_buttons, mark_label
from dealtrace.cabinet.links import lead_url, source_label, web_url
from dealtrace.cabinet.view import View
from dealtrace.deals.deal import Deal
from dealtrace.leads.annotations import Annotations, AnnotationVersion, present_annotations
from dealtrace.leads.call import Call
from dealtrace.leads.lead import KINDS_BY_NAME, LeadKind, LeadRef
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.record import record
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.storage.leads.annotation_versions import list_annotation_versions
from dealtrace.storage.leads.deletion import find_deletable
from dealtrace.storage.visits.credits import CreditsByModel, find_credits
from dealtrace.whole_number import ID_MAX


@record
class LeadFact:
    """A labelled value of a lead; `url` is a link to another website, empty if there is none."""

    name: str
    value: str
    url: str = ""


@record
class DealLine:
    """A deal of the lead, as strings."""

    url: str
    number: str
    happened_at: str
    status: str
    amount: str


@record
class LeadFacts:
    """The stored data of a lead; `is_hidden` is true if the lead is deleted.

    `logins` has the logins of the users who wrote the versions of the lead's annotations.
    """

    entry: LeadEntry
    credits: CreditsByModel
    versions: Sequence[AnnotationVersion]
    logins: Mapping[int, str]
    is_hidden: bool


def ref_of(params: Mapping[str, object]) -> LeadRef | None:
    """Return the lead that a path identifies, or `None` if its kind or id is invalid."""
    kind, lead_id = KINDS_BY_NAME.get(str(params["kind"])), int(str(params["lead"]))
    return LeadRef(kind, lead_id) if kind is not None and lead_id <= ID_MAX else None


async def show(view: View) -> Response:
    """Show the page of a lead, even if it is deleted."""
    ref = ref_of(view.request.path_params)
    return await page(view, ref, lambda _facts: {}) if ref is not None else not_found_page(view)


async def page(view: View, ref: LeadRef, faults_of: Callable[[LeadFacts], Faults]) -> Response:
    """Return the page of a lead; after a refused form, with the error messages from `faults_of` and the entered values.

    If `faults_of` returns no messages for a sent form, the form refers to something that does not exist: return the
    404 page.
    """
    facts = await view.read(_read, view.current_site, ref)
    faults = faults_of(facts) if facts is not None else {}
    if facts is None or (view.form.fields and not faults):
        return not_found_page(view)
    entry = facts.entry
    return view.page(
        "leads/card.html",
        HTTPStatus.BAD_REQUEST if faults else HTTPStatus.OK,
        faults=faults,
        done=done_text(view) if not faults else "",
        notes=_notes(view, entry.annotations),
        is_refused=view.form.has("comment"),
        page_url=lead_url(view.current_site.id, ref),
        title=f"{view.translate('Call' if ref.kind is LeadKind.CALL else 'Lead request')} {ref.id}",
        facts=[fact for fact in _facts(entry, view) if fact.value],
        recording=web_url(entry.circumstances.record_url),
        client=entry.client,
        contacts=", ".join(entry.client.phones + entry.client.emails),
        custom=sorted(entry.annotations.custom_values.items()),
        deals=[_deal(deal, view) for deal in entry.deals],
        client_path=path_of(entry.visits, facts.credits, [entry.client], view),
        versions=note_lines(
            facts.versions, present_annotations(entry.annotations, entry.ring_back), facts.logins, view
        ),
        marks=mark_buttons(entry, view),
        is_hidden=facts.is_hidden,
    )


def _notes(view: View, stored: Annotations) -> Mapping[str, str]:
    """Return the values in the form for annotations: those entered, or the stored ones if none were entered."""
    if view.form.has("comment"):
        return {name: view.form.get(name) for name in ("tags", "manager", "comment")}
    return {"tags": ", ".join(stored.tags), "manager": stored.manager or "", "comment": stored.comment or ""}


def _read(connection: Connection, site: Site, ref: LeadRef) -> LeadFacts | None:
    deletable = find_deletable(connection, site.id, ref)
    if deletable is None:
        return None
    model = AttributionModel(site.attribution)
    (entry,) = list_lead_entries(connection, site, ref.kind, [ref.id], model, with_visits=True, with_deals=True)
    versions = list_annotation_versions(connection, site.id, ref.id)
    logins = find_logins(connection, {each.user_id for each in versions if each.user_id is not None})
    found = find_credits(connection, site.id, CreditKey(ref.id))
    return LeadFacts(entry, found, versions, logins, deletable.deleted_at is not None)


def _facts(entry: LeadEntry, view: View) -> list[LeadFact]:
    say, lead, went = view.translate, entry.lead, entry.circumstances
    source = source_label(entry.origin.source) if entry.origin.is_known else say(_why_unsourced(lead))
    counted = [
        label
        for label, is_so in (
            (say("unique"), entry.qualification.is_unique),
            (say("target"), entry.qualification.is_target),
        )
        if is_so
    ]
    common = [
        LeadFact(say("Date"), view.clock_time(entry.began_at)),
        LeadFact(say("Source"), source),
        LeadFact(say("Counts as"), ", ".join(counted)),
    ]
    if isinstance(lead, Call):
        return [
            *common,
            LeadFact(say("Outcome"), call_state(entry, view)),
            LeadFact(say("Missed call"), mark_label(entry, view)),
            LeadFact(say("ID in the PBX"), lead.reference or ""),
            LeadFact(say("Phone"), entry.phone or ""),
            LeadFact(say("Dialled number"), went.dialled_phone or ""),
            LeadFact(say("Answered by"), went.answering_phone or ""),
            LeadFact(say("PBX"), went.pbx or ""),
        ]
    return [
        *common,
        LeadFact(say("Number"), lead.number),
        LeadFact(say("Form"), lead.form_name),
        LeadFact(say("Phone"), entry.phone or ""),
        LeadFact(say("E-mail"), entry.email or ""),
        LeadFact(say("Page"), entry.page_url or "", web_url(entry.page_url)),
    ]


def _why_unsourced(lead: Call | LeadRequest) -> str:
    """Return the reason why a lead has no source, in English."""
    if lead.visit_id is not None:
        return "no source"
    if isinstance(lead, Call):
        return "no source: the call is not linked to a visit to the site"
    return "no source: the request is not linked to a visit to the site"


def _deal(deal: Deal, view: View) -> DealLine:
    return DealLine(
        f"/cabinet/{view.current_site.id}/deals/{deal.id}",
        deal.number,
        view.clock_time(deal.happened_at),
        deal.status,
        money(view.language, deal.amount_rub, deal.currency),
    )
