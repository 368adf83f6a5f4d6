"""Take back what an import of a file has added: the list of imports, and a page with a preview and the progress."""

from collections.abc import Mapping
from fractions import Fraction

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import WHOLE
from dealtrace.cabinet.form_pages import show_form_page, stored_site
from dealtrace.cabinet.formats import number
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.notes.axis import author_label
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.changed_deals import spelling_label
from dealtrace.cabinet.what_if.forecast import kopecks_text
from dealtrace.files.import_formats import ImportNoun
from dealtrace.leads.file_import import LoggedImport, TakeBackOutcome
from dealtrace.operations.take_back_import import (
    TakeBackPreview,
    TakeBackRun,
    begin_take_back,
    preview_take_back,
    take_back,
)
from dealtrace.record import record
from dealtrace.runtime.background_runs import Lane, Steps
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.leads.file_imports import find_import, list_imports

PLACE = "settings/imports/undo"
NOUNS = {
    ImportNoun.CALL: "Calls",
    ImportNoun.LEAD_REQUEST: "Lead requests",
    ImportNoun.DEAL: "Deals",
    ImportNoun.VISIT: "Visits",
}
"""The English labels of the kinds of imported records."""
_OUTCOMES = {
    TakeBackOutcome.DELETED: "Will be deleted",
    TakeBackOutcome.CHANGED: "Will stay, changed after the import",
    TakeBackOutcome.PINNED: "Will stay, pinned by a person",
    TakeBackOutcome.SHARED: "Will stay: another import has them too",
    TakeBackOutcome.ALREADY_DELETED: "Deleted already",
}


@record
class ImportLine:
    """An import in the list: what was imported and by whom."""

    logged: LoggedImport
    noun: str
    author: str


@record
class SourceLine:
    """The deals and the money of a source that taking back an import would affect, as strings."""

    source: str
    deals: str
    amount: str


async def list_import_lines(view: View) -> list[ImportLine]:
    """Return the imports of the site that are still on record, latest first."""
    imports, logins = await view.read(_read_imports, view.current_site.id)
    return [_line(view, logged, logins) for logged in imports]


async def show(view: View) -> Response:
    """Show the effect of taking an import back or, if that has begun, the progress."""
    site = await stored_site(view)
    found = await view.read(_read_import, site, view.request.path_params["number"])
    if found is None:
        return not_found_page(view)
    line, preview = _line(view, *found[:2]), found[2]
    noun = ImportNoun(line.logged.file.noun)
    return show_form_page(
        view,
        "settings/take_back.html",
        view.translate("Undo an import"),
        line=line,
        is_active=line.logged.is_active(clock.now()),
        counts=[(view.translate(label), preview.counts.get(each, 0)) for each, label in _OUTCOMES.items()]
        if preview is not None
        else [],
        preview=preview,
        sources=_source_lines(view, preview),
        deletes_deals=noun is ImportNoun.DEAL,
    )


async def start(view: View) -> Response:
    """Start or continue taking back an import in the background, and redirect to the page with the progress."""
    site, number = await stored_site(view), view.request.path_params["number"]
    if await view.read(find_import, site.id, number) is None:
        return not_found_page(view)
    if await view.manage(begin_take_back, site.id, number) is not None:
        run = TakeBackRun(view.services.database, site.id, number, clock.now, user_id=view.rights.user.id)

        def run_steps(steps: Steps) -> None:
            for _ in take_back(run, steps.next):
                pass

        view.services.background_runs.start(Lane.PAST, site.id, run_steps)
    return view.redirect_to(f"/{site.id}/{PLACE}/{number}")


def _read_imports(connection: Connection, site_id: int) -> tuple[list[LoggedImport], Mapping[int, str]]:
    imports = list_imports(connection, site_id)
    users = {each.file.user_id for each in imports if each.file.user_id is not None}
    return imports, find_logins(connection, users)


def _read_import(
    connection: Connection, site: Site, number: int
) -> tuple[LoggedImport, Mapping[int, str], TakeBackPreview | None] | None:
    """Return an import, the login of its user, and a preview of taking it back, or `None` if there is no such import.

    The preview is `None` if the import cannot be taken back, or if that has begun.
    """
    logged = find_import(connection, site.id, number)
    if logged is None:
        return None
    users = {each for each in (logged.file.user_id,) if each is not None}
    can_be_previewed = logged.can_be_taken_back and not logged.is_begun
    preview = preview_take_back(connection, site, logged) if can_be_previewed else None
    return logged, find_logins(connection, users), preview


def _line(view: View, logged: LoggedImport, logins: Mapping[int, str]) -> ImportLine:
    return ImportLine(
        logged,
        view.translate(NOUNS[ImportNoun(logged.file.noun)]),
        author_label(logins, logged.file.user_id, view.translate),
    )


def _source_lines(view: View, preview: TakeBackPreview | None) -> list[SourceLine]:
    return [
        SourceLine(
            spelling_label(view, spelling),
            number(view.language, Fraction(moved.deals, WHOLE), 0 if moved.deals % WHOLE == 0 else 2),
            kopecks_text(view, moved.known_kopecks),
        )
        for spelling, moved in (preview.sources if preview is not None else ())
    ]
