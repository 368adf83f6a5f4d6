"""Actions on a deal: pin or unpin its lead, undo a change, delete or restore the deal."""

from starlette.responses import Response

from dealtrace.cabinet.gate import not_found
from dealtrace.cabinet.view import View
from dealtrace.errors import DealNotFound, InvalidParameters, Violation
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.by_hand import Act, DealAct, act_on_deals
from dealtrace.whole_number import ID_MAX, parse_whole_number

TO_NONE = "none"
OTHER = "other"


async def act(view: View) -> Response:
    """Run the action of the form's button, then redirect to the page of the deal."""
    deal_id, wanted = view.request.path_params["deal"], view.form.get("act")
    if deal_id > ID_MAX or wanted not in tuple(Act):
        return not_found(view)
    lead = _chosen_lead(view) if wanted == Act.PIN else None
    version = parse_whole_number(view.form.get("version").strip()) or 0
    try:
        await view.write(act_on_deals, DealAct(Act(wanted), deal_id, lead, version))
    except DealNotFound:
        return not_found(view)
    return view.redirect_to(f"/{view.current_site.id}/deals/{deal_id}")


def _chosen_lead(view: View) -> LeadRef | None:
    """Return the lead that was chosen in the list or entered by its id, or `None` if “no lead” was chosen.

    Raises:
        InvalidParameters: nothing was chosen, or the id is not a number.
    """
    chosen = view.form.get("lead")
    if chosen == TO_NONE:
        return None
    kind, _, id_ = (view.form.get("kind"), ":", view.form.get("id")) if chosen == OTHER else chosen.partition(":")
    number = parse_whole_number(id_.strip())
    if kind not in tuple(LeadKind) or number is None:
        raise InvalidParameters(
            [Violation("lead", "выберите лид или введите его ID", "choose a lead, or enter its id")]
        )
    return LeadRef(LeadKind(kind), number)
