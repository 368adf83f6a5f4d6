"""Lists of the cabinet as files: all rows that the filters and the search of a page find, in the order of the page."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Generic, TypeVar

from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from dealtrace.accounts.site import Site
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.listing import SEARCH, Days, Listing
from dealtrace.cabinet.rendering import HEADERS, words_of
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.files.export_columns import ExportColumn, on_the_clock
from dealtrace.files.row_writers import CONTENT_TYPES, CSV, XLSX, Note, open_writer
from dealtrace.record import record
from dealtrace.reports.refusals import ClientGone
from dealtrace.storage.database.engine import Database

ROWS_AT_ONCE = 1000
"""How many rows are in memory at once."""
CHUNK_BYTES = 65_536
Item = TypeVar("Item")
Key = TypeVar("Key")
FilterWords = Mapping[str, tuple[str, Mapping[str, str]]]
"""For each filter of a list, the English label of its field on the page, and English words for its values."""


@record
class ListFile(Generic[Key, Item]):
    """A list to write: its columns, and functions that yield keys such as ids, page by page, and that read their rows.

    `notes` say which filters the list has; they are on a sheet of their own, and left out of CSV, because a file whose
    first line has the headings can be imported again.
    """

    name: str
    columns: Sequence[ExportColumn[Item]]
    pages: Callable[[Connection], Iterator[Sequence[Key]]]
    read_rows: Callable[[Connection, Sequence[Key]], Sequence[Item]]
    notes: Sequence[Note]


async def send_list(view: View, listed: ListFile[Key, Item], extension: str) -> Response:
    """Send a list as a file with this extension, for Excel, in the language of the person.

    Raises:
        ClientGone: the browser closed the connection before the file was complete.
    """
    stop = threading.Event()
    leaving = asyncio.ensure_future(view.until_gone())
    leaving.add_done_callback(lambda _: stop.set())
    try:
        services = view.services
        file = await services.export_threads.run(
            _write, services.database, view.current_site, listed, extension, view.language, stop
        )
    finally:
        leaving.cancel()
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{listed.name}{extension}"'}
    return StreamingResponse(
        chunks_of(file), headers=headers, media_type=CONTENT_TYPES[extension], background=BackgroundTask(file.close)
    )


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a file in chunks, and close the file."""
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def notes_of(listing: Listing, days: Days, words: FilterWords, language: Language) -> list[Note]:
    """Return the period or the search of a list, and its filters, in a language.

    For each parameter, `words` has the label of its field on the page, and the words for its values; a value without
    words is written as it is. Parameters without words are left out.
    """
    translate = words_of(language).gettext
    first, last = (day(language, on) for on in (days.period.first_on, days.period.last_on))
    found = [_note("period", "Period", f"{first} – {last}")] if listing.search is None else []
    for name, value in listing.parameters:
        if name in words or name == SEARCH:
            label, values = words.get(name, ("Search", {}))
            said = values.get(value)
            found.append(_note(name, label, translate(said) if said is not None else value))
    return found


def _note(name: str, label: str, text: str) -> Note:
    return Note(name, words_of("ru").gettext(label), text, words_of("en").gettext(label))


def _write(
    database: Database,
    site: Site,
    listed: ListFile[Key, Item],
    extension: str,
    language: Language,
    stop: threading.Event,
) -> BinaryIO:
    """Write a list to a temporary file and return the open file; it is already unlinked, so closing it deletes it.

    All rows are read from one snapshot of the database.
    """
    columns = listed.columns
    names, headings = [column.name for column in columns], [column.heading(language) for column in columns]
    notes = listed.notes if extension == XLSX else ()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"list{extension}"
        with (
            database.read(is_limited=False) as connection,
            open_writer(path, names, headings, for_excel=extension == CSV, notes=notes, language=language) as file,
        ):
            for keys in listed.pages(connection):
                for item in listed.read_rows(connection, keys):
                    file.add([on_the_clock(column.value(item), site.time_zone) for column in columns])
                if stop.is_set():
                    raise ClientGone
        return path.open("rb")
