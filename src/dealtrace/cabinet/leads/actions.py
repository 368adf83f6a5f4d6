"""Actions on a lead: save or undo annotations, mark a missed call, delete or restore the lead."""

from functools import partial
from http import HTTPStatus

from starlette.responses import Response

from dealtrace.cabinet.form_pages import Faults, number_of
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import LABELS, labelled_text
from dealtrace.cabinet.leads.card import LeadFacts, page, ref_of
from dealtrace.cabinet.leads.missed_calls import MARKS
from dealtrace.cabinet.links import lead_url
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, LeadNotDeleted, Refusal
from dealtrace.http.refusal_statuses import STATUS_OF
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.leads.change_in_cabinet import (
    AnnotationsRewrite,
    LeadDeletion,
    delete_leads,
    rewrite_annotations,
)
from dealtrace.operations.leads.mark_missed_calls import RingBackMark, mark_missed_calls
from dealtrace.operations.leads.undo import AnnotationsUndo, undo_annotations
from dealtrace.plain_text import stripped

DELETE, RESTORE, NOTE, UNDO = "hide", "bring_back", "note", "undo"
"""The values that the buttons of the page's form send."""
NOTE_LABELS = {**LABELS, "tags": "Tags, separated by commas"}
ALREADY_DELETED = "The lead is already deleted."
DELETED = "The lead is deleted. Restore it first."
NOT_DELETED = "The lead is not deleted, so there is nothing to restore."


async def act(view: View) -> Response:
    """Run the action of the form's button, then redirect to the lead's page, or show it with an error message."""
    ref, wanted = ref_of(view.request.path_params), view.form.get("act")
    if ref is None or wanted not in (DELETE, RESTORE, NOTE, UNDO, *MARKS):
        return not_found_page(view)
    try:
        if wanted == NOTE:
            tags = tuple(dict.fromkeys(tag for part in view.form.get("tags").split(",") if (tag := stripped(part))))
            manager, comment = view.form.get("manager").strip(), view.form.get("comment").replace("\r\n", "\n").strip()
            await view.write(rewrite_annotations, AnnotationsRewrite(ref, tags, manager, comment))
        elif wanted in MARKS and ref.kind is LeadKind.CALL:
            await view.write(mark_missed_calls, RingBackMark(ref.id, MARKS[wanted]))
        elif wanted in MARKS:
            return not_found_page(view)
        elif wanted == UNDO:
            await view.write(undo_annotations, AnnotationsUndo(ref, number_of(view.form.get("version"))))
        else:
            await view.write(delete_leads, LeadDeletion(ref, is_deleted=wanted == DELETE))
    except Refusal as refusal:
        if STATUS_OF[type(refusal)] != HTTPStatus.BAD_REQUEST:
            raise
        return await page(view, ref, partial(_faults_of, view, refusal))
    return view.redirect_to(lead_url(view.current_site.id, ref).removeprefix("/cabinet") + "?done=saved")


def _faults_of(view: View, refusal: Refusal, facts: LeadFacts) -> Faults:
    """Return the error messages for a refused action by form field; "" stands for the form as a whole."""
    wanted = view.form.get("act")
    match refusal:
        case InvalidParameters(violations=violations) if wanted == NOTE:
            return {
                each.field: labelled_text(InvalidParameters([each]), view.language, NOTE_LABELS) for each in violations
            }
        case InvalidParameters():
            return {"": labelled_text(refusal, view.language)}
        case LeadNotDeleted():
            return {"": view.translate(NOT_DELETED)}
        case _ if facts.is_hidden:
            return {"": view.translate(ALREADY_DELETED if wanted == DELETE else DELETED)}
        case _:
            return {}
