"""Actions on a deal: pin or unpin its lead, undo a change, delete or restore the deal."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

from starlette.responses import Response

from dealtrace.cabinet.deals import card
from dealtrace.cabinet.form_pages import Faults
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.view import View
from dealtrace.errors import (
    DealNotDeleted,
    DealNotFound,
    DealNotPinned,
    InvalidParameters,
    LeadNotFound,
    NumberReused,
    Refusal,
    Violation,
)
from dealtrace.http.refusal_statuses import STATUS_OF
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change_in_cabinet import DealAction, DealActionKind, act_on_deals
from dealtrace.whole_number import ID_MAX, parse_whole_number

TO_NONE = "none"
OTHER = "other"
LABELS: Mapping[str, str] = {"lead": "Pin the deal to", "kind": "Kind", "id": "ID"}
"""The English labels of the fields with which a lead is chosen."""
ALREADY_DELETED = "The deal is already deleted."
DELETED = "The deal is deleted. Restore it first."
_SENTENCES: Mapping[type[Refusal], str] = {
    DealNotDeleted: "The deal is not deleted, so there is nothing to restore.",
    DealNotPinned: "The lead of the deal is not pinned, so there is nothing to unpin.",
    NumberReused: "Another deal now has the number %(number)s. First change the number of that deal, or delete it.",
}
NOT_UNDONE = "This change cannot be undone any more: the deal has changed since."


async def act(view: View) -> Response:
    """Run the action of the form's button, then redirect to the deal's page, or show it with an error message."""
    deal_id, wanted = view.request.path_params["deal"], view.form.get("act")
    if deal_id > ID_MAX or wanted not in tuple(DealActionKind):
        return not_found_page(view)
    try:
        lead = _chosen_lead(view) if wanted == DealActionKind.PIN else None
        version = parse_whole_number(view.form.get("version").strip()) or 0
        await view.write(act_on_deals, DealAction(DealActionKind(wanted), deal_id, lead, version))
    except Refusal as refusal:
        if STATUS_OF[type(refusal)] != HTTPStatus.BAD_REQUEST:
            raise
        return await card.show_refused(view, deal_id, partial(_faults_of, view, refusal))
    return view.redirect_to(f"/{view.current_site.id}/deals/{deal_id}?done=saved")


def _faults_of(view: View, refusal: Refusal, facts: card.CardFacts) -> Faults:
    """Return the error messages for a refused action by form field; "" stands for the form as a whole."""
    wanted, is_deleted = view.form.get("act"), facts.deal.deleted_at is not None
    match refusal:
        case InvalidParameters(violations=violations):
            return {each.field: labelled_text(refusal, view.language, LABELS) for each in violations}
        case LeadNotFound() if wanted == DealActionKind.PIN:
            field = "id" if view.form.get("lead") == OTHER else "lead"
            missing = InvalidParameters([Violation(field, refusal.text("ru"), refusal.text("en"))])
            return {field: labelled_text(missing, view.language, LABELS)}
        case DealNotFound():
            return (
                {"": view.translate(ALREADY_DELETED if wanted == DealActionKind.DELETE else DELETED)}
                if is_deleted
                else {}
            )
        case _:
            sentence = view.translate(_SENTENCES.get(type(refusal), NOT_UNDONE))
            return {"": sentence % {"number": facts.deal.number}}


def _chosen_lead(view: View) -> LeadRef | None:
    """Return the lead that was chosen in the list or entered by its id, or `None` if “no lead” was chosen.

    Raises:
        InvalidParameters: nothing was chosen, or the id is not a number.
    """
    chosen = view.form.get("lead")
    if chosen == TO_NONE:
        return None
    if chosen == OTHER:
        kind, id_ = view.form.get("kind"), view.form.get("id")
        refused = Violation("id", "введите ID лида, только цифры", "enter the ID of the lead, digits only")
    else:
        kind, _, id_ = chosen.partition(":")
        refused = Violation("lead", "выберите лид", "choose a lead")
    number = parse_whole_number(id_.strip())
    if kind not in tuple(LeadKind) or number is None:
        raise InvalidParameters([refused])
    return LeadRef(LeadKind(kind), number)
