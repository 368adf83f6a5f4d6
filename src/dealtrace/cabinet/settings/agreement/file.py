"""All differences of a comparison as a CSV or XLSX file."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.cabinet.list_files import ROWS_AT_ONCE, ListFile, send_list
from dealtrace.cabinet.rendering import translations_of
from dealtrace.cabinet.settings.agreement.comparison import comparison_of
from dealtrace.cabinet.settings.agreement.page import KIND_LABELS, PLACE, gone
from dealtrace.cabinet.settings.imports import find_sent_file, unless_deleted
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.files.agreement.differences import KEPT_MAX, ComparedValues, Difference, read_differences
from dealtrace.files.export_columns import ExportColumn
from dealtrace.files.row import ExportedValue
from dealtrace.files.row_writers import FileNote
from dealtrace.reports.agreement import Field

_FIELD_LABELS = {Field.DATE: "Date", Field.STATUS: "Status", Field.SUM: "Amount"}
assert set(_FIELD_LABELS) == set(Field)


def send_differences_as(extension: str) -> Callable[[View], Awaitable[Response]]:
    """Return the handler that sends the differences of a comparison as a file with this extension."""

    @unless_deleted(PLACE, gone)
    async def send(view: View) -> Response:
        kept = find_sent_file(view, PLACE)
        compared = comparison_of(kept) if kept is not None else None
        if kept is None or compared is None:
            return await gone(view)
        notes = [FileNote("list", "Список из CRM", compared.name, "CRM list")]
        if compared.total > KEPT_MAX:
            omitted = str(compared.total - KEPT_MAX)
            notes.append(
                FileNote("omitted", "Расхождения, не вошедшие в файл", omitted, "Differences not in this file")
            )
        listed: ListFile[Difference, Difference] = ListFile(
            f"differences-{view.current_site.id}",
            _columns(view.language),
            partial(_pages, kept.differences_path),
            lambda _connection, differences: differences,
            notes,
        )
        return await send_list(view, listed, extension)

    return send


def _pages(path: Path, _connection: Connection) -> Iterator[Sequence[Difference]]:
    differences = read_differences(path)
    while chunk := list(islice(differences, ROWS_AT_ONCE)):
        yield chunk


def _columns(language: Language) -> Sequence[ExportColumn[Difference]]:
    """Return the columns of differences, whose kinds and fields are named in a language."""
    translate = translations_of(language).gettext
    column = ExportColumn[Difference]

    def fields(each: Difference) -> str:
        return ", ".join(translate(_FIELD_LABELS[field]) for field in each.fields)

    return (
        column("row", "Строка", "Row", lambda each: each.row),
        column("orderId", "ID сделки", "Deal ID", lambda each: each.deal_id),
        column("orderNumber", "Номер сделки", "Number", lambda each: each.number),
        column("kind", "Что не так", "What is wrong", lambda each: translate(KIND_LABELS[each.kind])),
        column("fields", "Что отличается", "What differs", fields),
        column("fileDate", "Дата в файле", "Date in the file", _theirs(lambda deal: deal.happened_at)),
        column("date", "Дата здесь", "Date here", _ours(lambda deal: deal.happened_at)),
        column("fileStatus", "Статус в файле", "Status in the file", _theirs(lambda deal: deal.status)),
        column("status", "Статус здесь", "Status here", _ours(lambda deal: deal.status)),
        column("fileSum", "Бюджет в файле", "Amount in the file", _theirs(lambda deal: deal.amount_rub)),
        column("sum", "Бюджет здесь", "Amount here", _ours(lambda deal: deal.amount_rub)),
        column("fileCurrency", "Валюта в файле", "Currency in the file", _theirs(lambda deal: deal.currency)),
        column("currency", "Валюта здесь", "Currency here", _ours(lambda deal: deal.currency)),
        column("reason", "Почему строка не прочитана", "Why the row is invalid", lambda each: each.reason),
    )


def _theirs(read: Callable[[ComparedValues], ExportedValue]) -> Callable[[Difference], ExportedValue]:
    return lambda each: read(each.theirs) if each.theirs is not None else None


def _ours(read: Callable[[ComparedValues], ExportedValue]) -> Callable[[Difference], ExportedValue]:
    return lambda each: read(each.ours) if each.ours is not None else None
