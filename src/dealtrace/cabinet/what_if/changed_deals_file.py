"""All deals of the chosen days that would get a different lead or source under tried rules, as a CSV or XLSX file."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.cabinet.labels import lead_name
from dealtrace.cabinet.list_files import ListFile, send_list
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.changed_deals import sources_label
from dealtrace.cabinet.what_if.days import days_label
from dealtrace.cabinet.what_if.rules import read_rules_request, show
from dealtrace.files.export_columns import ExportColumn
from dealtrace.files.row_writers import FileNote
from dealtrace.operations.what_if.trial import Trial, pairs_of
from dealtrace.operations.what_if.try_rules import changed_chunks
from dealtrace.operations.what_if.try_settings import TriedDays
from dealtrace.reports.what_if import Tally, TriedDeal
from dealtrace.storage.journals.deal_journal import JournalQuery


def send_changed_deals_as(extension: str) -> Callable[[View], Awaitable[Response]]:
    """Return the handler that sends the deals that would change as a file; without rules, it shows the form."""

    async def send(view: View) -> Response:
        asked = await read_rules_request(view)
        if asked.faults or asked.trial is None:
            return await show(view)
        site, days = view.current_site, asked.tried_days
        tried = " ".join(f"{key}={text}" for key, text in pairs_of(asked.trial))
        listed: ListFile[TriedDeal, TriedDeal] = ListFile(
            f"flips-{site.id}",
            _columns(view),
            partial(_chunks, site=site, trial=asked.trial, days=days),
            lambda _connection, outcomes: outcomes,
            [
                FileNote("period", "Период", days_label(days, view.language)),
                FileNote("rules", "Проверенные правила", tried, "Tried rules"),
            ],
        )
        return await send_list(view, listed, extension)

    return send


def _chunks(connection: Connection, site: Site, trial: Trial, days: TriedDays) -> Iterator[Sequence[TriedDeal]]:
    yield from changed_chunks(connection, site, trial, JournalQuery(since=days.since, until=days.until), Tally())


def _columns(view: View) -> Sequence[ExportColumn[TriedDeal]]:
    """Return the columns, whose leads and sources are named in the language of the person."""
    column = ExportColumn[TriedDeal]
    return (
        column("orderId", "ID сделки", "Deal ID", lambda each: each.deal.id),
        column("orderNumber", "Номер сделки", "Number", lambda each: each.deal.number),
        column("orderDate", "Дата создания", "Created date", lambda each: each.deal.happened_at),
        column("orderSum", "Бюджет", "Amount", lambda each: each.deal.amount_rub),
        column("currency", "Валюта", "Currency", lambda each: each.deal.currency),
        column("leadNow", "Лид сейчас", "Lead now", lambda each: lead_name(each.before.lead, view.translate)),
        column("leadThen", "Лид после", "Lead after", lambda each: lead_name(each.after.lead, view.translate)),
        column("sourceNow", "Источник сейчас", "Source now", lambda each: sources_label(view, each.before.shares)),
        column("sourceThen", "Источник после", "Source after", lambda each: sources_label(view, each.after.shares)),
    )
