"""The lists of calls and lead requests as files: all leads that the filters and the search find, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cabinet.labels import RING_BACK_LABELS
from dealtrace.cabinet.leads.journal import ASKED, KINDS, MISSED, TABS, YES, finder_of, lead_query, listed_days, tab_of
from dealtrace.cabinet.list_files import ROWS_AT_ONCE, ListFile, file_sender, notes_of
from dealtrace.cabinet.list_query import UNUSABLE, FilterLabels, ListPeriod, ListQuery
from dealtrace.cabinet.rendering import translations_of
from dealtrace.errors import Language
from dealtrace.files.export_columns import RING_BACK_NAME, ExportColumn, call_columns, lead_request_columns
from dealtrace.leads.exported_lead import ExportedLead
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.journals.exported_rows import list_exported_leads
from dealtrace.storage.journals.keyset_pages import id_chunks

FILTER_LABELS: FilterLabels = {
    "tab": ("Leads", dict(TABS)),
    "contact": ("With an invalid phone or e-mail", {UNUSABLE: "Yes"}),
    "deleted": ("Deleted leads", {YES: "Yes"}),
}
MISSED_CALL_LABELS: FilterLabels = {
    **{name: labels for name, labels in FILTER_LABELS.items() if name != "deleted"},
    "done": ("Returned or no longer needed", {YES: "Yes"}),
}
"""The filters of the list of missed calls; the list has no deleted calls, so `deleted` in the URL has no effect."""


def _listed(
    site: Site, list_query: ListQuery, days: ListPeriod, language: Language
) -> ListFile[int, ExportedLead] | None:
    tab = tab_of(list_query)
    if tab not in KINDS:
        return None
    kind, fields = KINDS[tab], sorted(site.custom_fields)
    return ListFile(
        f"{tab}-{site.id}",
        _call_columns(fields, language) if kind is LeadKind.CALL else lead_request_columns(fields),
        partial(_pages, site=site, list_query=list_query, tab=tab, days=days),
        lambda connection, ids: list_exported_leads(connection, site, kind, ids),
        notes_of(list_query, days, MISSED_CALL_LABELS if tab == MISSED else FILTER_LABELS, language),
    )


def _call_columns(fields: list[str], language: Language) -> list[ExportColumn[ExportedLead]]:
    """Return the columns of calls; what people did about missed calls is described in `language`."""
    translate = translations_of(language).gettext

    def mark_label(row: ExportedLead) -> str | None:
        return translate(RING_BACK_LABELS[row.ring_back]) if row.ring_back is not None else None

    return [replace(each, value=mark_label) if each.name == RING_BACK_NAME else each for each in call_columns(fields)]


def _pages(
    connection: Connection, site: Site, list_query: ListQuery, tab: str, days: ListPeriod
) -> Iterator[Sequence[int]]:
    """Yield the ids of all listed leads, in the order of the list."""
    query, _is_cut = lead_query(connection, site, list_query, tab, days)
    yield from id_chunks(connection, query, finder_of(list_query, tab), ROWS_AT_ONCE)


send_leads_as = file_sender("leads", ASKED, _listed, listed_days)
"""Return the handler that sends the listed calls or lead requests as a file with the given extension."""
