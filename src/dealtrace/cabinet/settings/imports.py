"""Import calls, lead requests, deals and visits from a file, after a preview."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial, wraps
from http import HTTPStatus
from pathlib import Path

from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.user import UserId
from dealtrace.cabinet.form_pages import Faults, show_form_page, stored_site
from dealtrace.cabinet.forms import Form
from dealtrace.cabinet.gate import PageHandler
from dealtrace.cabinet.rendering import HEADERS
from dealtrace.cabinet.settings.file_cures import file_fault
from dealtrace.cabinet.settings.preview import preview_file
from dealtrace.cabinet.settings.take_back_import import NOUNS, list_import_lines
from dealtrace.cabinet.settings.uploads import (
    UPLOAD_BYTES_MAX,
    Owner,
    Upload,
    find_upload,
    keep_again,
    keep_upload,
    refused_unless_written,
)
from dealtrace.cabinet.view import View
from dealtrace.errors import FileUnreadable, ImportInProgress, Refusal
from dealtrace.files.csv_reader import Encoding
from dealtrace.files.import_file import ImportFile, open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.refused_rows import RefusedRows
from dealtrace.operations.accounts.hold_rights import Admission
from dealtrace.operations.run_import import ImportJob, run_import
from dealtrace.record import record
from dealtrace.runtime.server_stop import ServerStop
from dealtrace.storage.database.engine import Database

PLACE = "settings/imports"
KEPT_FIELD = "kept"
"""The form field with the key of a file that is kept from a refused upload."""
_COMMANDS = {
    ImportNoun.CALL: "calls",
    ImportNoun.LEAD_REQUEST: "requests",
    ImportNoun.DEAL: "deals",
    ImportNoun.VISIT: "visits",
}
"""The commands that import the same kinds of files as the pages."""
ENCODINGS = ("", *Encoding)
"""The encodings of text files; an empty string means that the encoding is detected."""


@record
class KeptFile:
    """The key and name of a refused file that is still stored; a person can change options without sending it again."""

    key: str
    name: str


def unless_deleted(purpose: str, gone: PageHandler) -> Callable[[PageHandler], PageHandler]:
    """Return a decorator for pages that read an uploaded file; if it is deleted in the meantime, `gone` responds.

    If the file was deleted because another request has imported it, the response is a redirect to the result instead.
    """

    def decorate(handle: PageHandler) -> PageHandler:
        @wraps(handle)
        async def answer(view: View) -> Response:
            try:
                return await handle(view)
            except FileNotFoundError:
                kept = find_sent_file(view, purpose) if "key" in view.request.path_params else None
                if kept is not None and kept.has_file:
                    raise
                if kept is not None and kept.outcome:
                    return view.redirect_to(f"/{view.current_site.id}/{purpose}/{kept.key}")
                return await gone(view)

        return answer

    return decorate


async def gone(view: View) -> Response:
    """Return the form with a message that the file is no longer stored."""
    return await _page(view, faults=file_deleted(view), status=HTTPStatus.NOT_FOUND)


def file_deleted(view: View) -> Faults:
    """Return the error message for a file that is no longer stored, by its form field."""
    return {"file": view.translate("The file is no longer available: files are stored for an hour. Upload it again.")}


async def show(view: View) -> Response:
    """Show the form to upload a file."""
    return await _page(view)


@unless_deleted(PLACE, gone)
async def upload(view: View) -> Response:
    """Store an uploaded file if it is readable, and redirect to its preview."""
    chosen = {"noun": view.form.get("noun"), "encoding": view.form.get("encoding")}
    kept = await keep_sent_file(view, PLACE, chosen)
    if faults := _faults_of(view, chosen):
        return await _page(view, chosen, faults, kept=kept)
    if kept is None:
        command = f"dealtrace import {_COMMANDS[ImportNoun(chosen['noun'])]} FILE --site {view.current_site.id}"
        return await _page(view, chosen, {"file": missing_file_fault(view, command)})
    try:
        await view.services.file_threads.run(_open, kept.path, chosen, view.current_site)
    except FileUnreadable as refusal:
        return await _page(view, chosen, {"file": file_fault(view, refusal)}, kept=kept)
    return view.redirect_to(f"/{view.current_site.id}/{PLACE}/{kept.key}")


@unless_deleted(PLACE, gone)
async def show_preview(view: View) -> Response:
    """Show the preview of a file, or the result of its import."""
    site, kept = await stored_site(view), find_sent_file(view, PLACE)
    if kept is None:
        return await gone(view)
    if outcome := kept.outcome:
        return _outcome_page(view, kept, outcome)
    return await _preview_page(view, kept, site)


@unless_deleted(PLACE, gone)
async def run(view: View) -> Response:
    """Import a previewed file."""
    site, kept = await stored_site(view), find_sent_file(view, PLACE)
    if kept is None:
        return await gone(view)
    options = kept.options
    if not kept.outcome:
        if _faults_of(view, options):
            return await _preview_page(view, kept, site)
        try:
            await view.services.file_threads.run(
                _run,
                view.services.database,
                kept,
                options,
                site,
                view.rights.user.id,
                view.admission,
                view.services.server_stop,
            )
        except (FileUnreadable, ImportInProgress) as refusal:
            if not kept.outcome:
                return await _preview_page(view, kept, site, {"": file_fault(view, refusal)})
    return view.redirect_to(f"/{site.id}/{PLACE}/{kept.key}")


@unless_deleted(PLACE, gone)
async def send_refused(view: View) -> Response:
    """Send the refused rows of an import as a CSV file."""
    kept = find_sent_file(view, PLACE)
    if kept is None or not kept.refused_path.is_file():
        return await gone(view)
    content = await asyncio.to_thread(kept.refused_path.read_bytes)
    disposition = {"content-disposition": 'attachment; filename="refused.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers={**HEADERS, **disposition})


def missing_file_fault(view: View, command: str) -> str:
    """Return the error message for a form without a file; if its file is too large, the message suggests `command`."""
    if not view.form.has_oversized_file:
        is_gone = view.form.get(KEPT_FIELD) != ""
        return file_deleted(view)["file"] if is_gone else view.translate("Choose a file.")
    sentence = view.translate("The file is larger than %(megabytes)s MB. Split it, or run on the server: %(command)s")
    return sentence % {"megabytes": UPLOAD_BYTES_MAX >> 20, "command": command}


async def keep_sent_file(view: View, purpose: str, options: dict[str, str]) -> Upload | None:
    """Store the uploaded file with its options and return it, or return `None` if there is no file.

    If no file was chosen now, but the form was refused before, the former file is returned, or a copy of it if other
    options were chosen.

    Raises:
        FileNotFoundError: the former file was deleted in the meantime because it was old.
        ReportNotKept: the disk of temporary files is full; nothing is stored.
    """
    return await asyncio.to_thread(_keep, view.form, _owner(view, purpose), options)


def _keep(form: Form, owner: Owner, options: dict[str, str]) -> Upload | None:
    key, sent = form.get(KEPT_FIELD), form.file("file")
    former = find_upload(owner, key) if key else None
    if sent is not None:
        if former is not None:
            former.delete()
        return keep_upload(owner, sent.filename or "", sent.file, options)
    if former is None or not former.has_file or form.has_oversized_file:
        return None
    return former if former.options == options else keep_again(owner, former, options)


def kept_file(kept: Upload | None) -> KeptFile | None:
    """Return the key and name of the stored file, for a form that is shown again; `None` if no file is stored.

    Raises:
        FileNotFoundError: the file was deleted in the meantime because it was old.
    """
    return KeptFile(kept.key, kept.path.name) if kept is not None else None


def find_sent_file(view: View, purpose: str) -> Upload | None:
    """Return the file whose key is in the path, or `None` if it is gone or belongs to another person."""
    return find_upload(_owner(view, purpose), view.request.path_params["key"])


def _owner(view: View, purpose: str) -> Owner:
    return Owner(view.session_digest, view.current_site.id, purpose)


def _faults_of(view: View, options: Mapping[str, str]) -> Faults:
    """Return the error messages about the options of a file, by field; even a file with such errors is kept."""
    faults = {}
    if options["noun"] not in list(ImportNoun):
        faults["noun"] = view.translate("Choose what the file contains.")
    if options["encoding"] not in ENCODINGS:
        faults["file"] = view.translate("Choose an encoding from the list.")
    return faults


def _open(path: Path, options: Mapping[str, str], site: Site) -> ImportFile:
    return open_import_file(path, ImportNoun(options["noun"]), options["encoding"] or None, site.custom_fields)


def _run(
    database: Database,
    kept: Upload,
    options: Mapping[str, str],
    site: Site,
    user_id: UserId,
    admission: Admission | None,
    server_stop: ServerStop,
) -> None:
    """Import a file, and store the result next to it.

    Raises:
        RightsChanged: the user has lost the rights in `admission`; nothing was imported.
        ServerStopping: the server began to stop; a new attempt continues where this one ended.
        ReportNotKept: the refused rows or the result do not fit on the disk; a new attempt continues where this one
            ended.
    """
    name, file = kept.path.name, _open(kept.path, options, site)
    refused = RefusedRows(kept.refused_path, file.headings.cells, file.layout.language)
    rows = partial(file.rows, site.time_zone)
    job = ImportJob(
        database, site, file.format.noun, file.digest, rows, refused, user_id=user_id, name=name, admission=admission
    )
    with refused_unless_written():
        outcome = run_import(job, clock.now, lambda _progress: server_stop.require_running())
        kept.finish(
            {
                "name": name,
                "taken_in": str(outcome.state.taken_in),
                "refused": str(outcome.state.refused),
                "before": "yes" if outcome.finished_before else "",
            }
        )


async def _page(
    view: View,
    chosen: dict[str, str] | None = None,
    faults: Faults | None = None,
    *,
    status: int = 0,
    kept: Upload | None = None,
) -> Response:
    noun = (chosen or {}).get("noun", "")
    return show_form_page(
        view,
        "settings/imports.html",
        view.translate("Import of files"),
        faults=faults,
        status=status,
        nouns=[(value.value, view.translate(label), value == noun) for value, label in NOUNS.items()],
        encodings=ENCODINGS[1:],
        encoding=(chosen or {}).get("encoding", ""),
        megabytes=UPLOAD_BYTES_MAX >> 20,
        kept=kept_file(kept),
        imports=await list_import_lines(view),
    )


async def _preview_page(view: View, kept: Upload, site: Site, faults: Faults | None = None) -> Response:
    options = kept.options
    if refused := _faults_of(view, options):
        return await _page(view, options, refused, kept=kept)
    noun = ImportNoun(options["noun"])
    try:
        preview = await view.services.file_threads.run(
            preview_file, kept.path, noun, options["encoding"] or None, site, view.language
        )
    except Refusal as refusal:
        return await _page(view, options, {"file": file_fault(view, refusal)}, kept=kept)
    title = view.translate("Import of files")
    noun_label = view.translate(NOUNS[noun])
    return show_form_page(
        view, "settings/preview.html", title, faults=faults, preview=preview, noun=noun_label, key=kept.key
    )


def _outcome_page(view: View, kept: Upload, outcome: dict[str, str]) -> Response:
    return show_form_page(
        view,
        "settings/imported.html",
        view.translate("Import of files"),
        outcome=outcome,
        key=kept.key,
        has_refused=kept.refused_path.is_file(),
    )
