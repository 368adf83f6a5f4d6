"""The journal of deals as a file: all deals that the filters and the search find, in the order of the page."""

from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cabinet.deals.journal import ASKED, FILTERS, DealSorting, deal_query, sorting_of
from dealtrace.cabinet.list_files import ROWS_AT_ONCE, ListFile, file_sender, notes_of
from dealtrace.cabinet.list_query import ListPeriod, ListQuery
from dealtrace.deals.exported_deal import ExportedDeal
from dealtrace.errors import Language
from dealtrace.files.export_columns import deal_columns
from dealtrace.storage.journals.deals_by_amount import SORTED_MAX, find_by_amount
from dealtrace.storage.journals.exported_rows import list_exported_deals
from dealtrace.storage.journals.keyset_pages import count_rows, find_newest, find_oldest, id_chunks


def _listed(site: Site, list_query: ListQuery, days: ListPeriod, language: Language) -> ListFile[int, ExportedDeal]:
    return ListFile(
        f"deals-{site.id}",
        deal_columns(sorted(site.custom_fields)),
        partial(_pages, site=site, list_query=list_query, days=days),
        lambda connection, ids: list_exported_deals(connection, site, ids),
        notes_of(list_query, days, FILTERS, language),
    )


def _pages(connection: Connection, site: Site, list_query: ListQuery, days: ListPeriod) -> Iterator[Sequence[int]]:
    """Yield the ids of all listed deals, in the order of the list."""
    query, _is_cut = deal_query(connection, site, list_query, days)
    match sorting_of(list_query, count_rows(connection, query)):
        case DealSorting.NEWEST:
            yield from id_chunks(connection, query, find_newest, ROWS_AT_ONCE)
        case DealSorting.OLDEST:
            yield from id_chunks(connection, query, find_oldest, ROWS_AT_ONCE)
        case sorting:
            highest_first = sorting is DealSorting.HIGHEST
            ids = find_by_amount(connection, query, None, SORTED_MAX, highest_first=highest_first).ids
            for start in range(0, len(ids), ROWS_AT_ONCE):
                yield ids[start : start + ROWS_AT_ONCE]


send_deals_as = file_sender("deals", ASKED, _listed)
"""Return the handler that sends the listed deals as a file with the given extension."""
