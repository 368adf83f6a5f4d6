"""Lists of the cabinet as files: all rows that the filters and the search of a page find, in the order of the page."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.gate import not_found_page, refusal_page
from dealtrace.cabinet.list_query import SEARCH, FilterLabels, ListPeriod, ListQuery, days_of, labels_of, list_query_of
from dealtrace.cabinet.rendering import HEADERS, translations_of
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.files.atomic_file import Proceed
from dealtrace.files.export_columns import ExportColumn, on_the_clock
from dealtrace.files.row_writers import CONTENT_TYPES, CSV, XLSX, FileNote, open_writer
from dealtrace.files.temporary_file import open_written
from dealtrace.http.sent_file import SentFile
from dealtrace.record import record
from dealtrace.reports.refusals import ClientGone
from dealtrace.storage.database.engine import Database

ROWS_AT_ONCE = 1000
"""How many rows are in memory at once."""
Item = TypeVar("Item")
Key = TypeVar("Key")


@record
class ListFile(Generic[Key, Item]):
    """A list to write to a file: its columns, its rows, and notes about it.

    `pages` yields the keys of the rows, such as ids, page by page; `read_rows` reads the rows with the keys of a page.
    `notes` say which period and filters the list has. XLSX files have them on a separate sheet; CSV files leave them
    out, because a file whose first line has the headings can be imported again.
    """

    name: str
    columns: Sequence[ExportColumn[Item]]
    pages: Callable[[Connection], Iterator[Sequence[Key]]]
    read_rows: Callable[[Connection, Sequence[Key]], Sequence[Item]]
    notes: Sequence[FileNote]


def file_sender(
    place: str,
    asked: FilterLabels,
    listed_of: Callable[[Site, ListQuery, ListPeriod, Language], ListFile[Key, Item] | None],
    days_of_list: Callable[[ListQuery, Site, datetime, Language, FilterLabels], ListPeriod] = days_of,
) -> Callable[[str], Callable[[View], Awaitable[Response]]]:
    """Return a function that takes an extension and returns the handler that sends a page's list as that type of file.

    `place` is the path of the page below its site, and `asked` has its filters. `listed_of` returns the list that
    the page shows, with its notes in the given language, or `None` if that list cannot be sent as a file.
    `days_of_list` returns the days that the page shows.
    """

    def send_as(extension: str) -> Callable[[View], Awaitable[Response]]:
        async def send(view: View) -> Response:
            site = view.current_site
            list_query = list_query_of(f"/cabinet/{site.id}/{place}", view.request.query_params, tuple(asked))
            days = days_of_list(list_query, site, clock.now(), view.language, asked)
            if days.refusal is not None:
                return refusal_page(view, days.refusal, labels_of(asked))
            listed = listed_of(site, list_query, days, view.language)
            return await send_list(view, listed, extension) if listed is not None else not_found_page(view)

        return send

    return send_as


async def send_list(view: View, listed: ListFile[Key, Item], extension: str) -> Response:
    """Send a list as a file that Excel can open, with headings in the person's language; `extension` sets the format.

    Raises:
        ClientGone: the browser closed the connection before the file was complete.
        ServerStopping: the server began to stop before the file was complete.
        ReportNotKept: the disk of temporary files is full.
    """
    left = threading.Event()
    leaving = asyncio.ensure_future(view.until_disconnected())
    leaving.add_done_callback(lambda _: left.set())
    services = view.services

    def proceed() -> None:
        services.server_stop.require_running()
        if left.is_set():
            raise ClientGone

    try:
        writing = partial(_write, services.database, view.current_site, listed, view.language, proceed)
        file = await services.export_threads.run(open_written, extension, writing)
    finally:
        leaving.cancel()
    return SentFile(
        file, f"{listed.name}{extension}", CONTENT_TYPES[extension], headers=HEADERS, server_stop=services.server_stop
    )


def notes_of(list_query: ListQuery, days: ListPeriod, labels: FilterLabels, language: Language) -> list[FileNote]:
    """Return notes that state the filters of a list, and its search or, without a search, its period.

    `labels` has, for each parameter, a label and the labels of its values; a value without a label is written as it is.
    Parameters that `labels` does not have are left out. Values are written in `language`.
    """
    translate = translations_of(language).gettext
    first, last = (day(language, on) for on in (days.period.first_on, days.period.last_on))
    found = [_note("period", "Period", f"{first} – {last}")] if list_query.search is None else []
    for name, value in list_query.parameters:
        if name in labels or name == SEARCH:
            label, values = labels.get(name, ("Search", {}))
            said = values.get(value)
            found.append(_note(name, label, translate(said) if said is not None else value))
    return found


def _note(name: str, label: str, text: str) -> FileNote:
    return FileNote(name, translations_of("ru").gettext(label), text, translations_of("en").gettext(label))


def _write(
    database: Database, site: Site, listed: ListFile[Key, Item], language: Language, proceed: Proceed, path: Path
) -> None:
    """Write a list to a file; all rows are read from one snapshot of the database."""
    proceed()
    columns, is_for_excel = listed.columns, path.suffix == CSV
    names, headings = [column.name for column in columns], [column.heading(language) for column in columns]
    notes = listed.notes if path.suffix == XLSX else ()
    with (
        database.read(is_limited=False) as connection,
        open_writer(
            path, names, headings, for_excel=is_for_excel, notes=notes, language=language, proceed=proceed
        ) as file,
    ):
        for keys in listed.pages(connection):
            proceed()
            for item in listed.read_rows(connection, keys):
                file.add([on_the_clock(column.value(item), site.time_zone) for column in columns])
