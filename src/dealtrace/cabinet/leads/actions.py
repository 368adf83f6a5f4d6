"""Actions on a lead: save its notes, undo a version of the notes, mark a missed call, delete or restore the lead."""

from starlette.responses import Response

from dealtrace.cabinet.form_pages import number_of
from dealtrace.cabinet.gate import not_found
from dealtrace.cabinet.leads.card import ref_of
from dealtrace.cabinet.leads.missed import MARKS
from dealtrace.cabinet.places import lead_url
from dealtrace.cabinet.view import View
from dealtrace.errors import LeadNotFound
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.leads.by_hand import (
    Deletion,
    NotesUndo,
    Rewriting,
    delete_leads,
    rewrite_annotations,
    undo_notes,
)
from dealtrace.operations.leads.ring_back import RingBackMark, mark_missed_calls

DELETE, RESTORE, NOTE, UNDO = "hide", "bring_back", "note", "undo"
"""The values that the buttons of the page's form send."""


async def act(view: View) -> Response:
    """Run the action of the form's button, then redirect to the page of the lead."""
    ref, wanted = ref_of(view.request.path_params), view.form.get("act")
    if ref is None or wanted not in (DELETE, RESTORE, NOTE, UNDO, *MARKS):
        return not_found(view)
    try:
        if wanted == NOTE:
            tags = tuple(dict.fromkeys(tag for part in view.form.get("tags").split(",") if (tag := part.strip())))
            manager, comment = view.form.get("manager").strip(), view.form.get("comment").replace("\r\n", "\n").strip()
            await view.write(rewrite_annotations, Rewriting(ref, tags, manager, comment))
        elif wanted in MARKS and ref.kind is LeadKind.CALL:
            await view.write(mark_missed_calls, RingBackMark(ref.id, MARKS[wanted]))
        elif wanted in MARKS:
            return not_found(view)
        elif wanted == UNDO:
            await view.write(undo_notes, NotesUndo(ref, number_of(view.form.get("version"))))
        else:
            await view.write(delete_leads, Deletion(ref, is_deleted=wanted == DELETE))
    except LeadNotFound:
        return not_found(view)
    return view.redirect_to(lead_url(view.current_site.id, ref).removeprefix("/cabinet"))
