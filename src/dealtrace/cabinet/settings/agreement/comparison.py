"""Compare an uploaded list with the deals of a site, and store the differences next to the upload for an hour."""

from itertools import islice

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cabinet.settings.uploads import Upload, refused_unless_written
from dealtrace.files.agreement.differences import decode_agreement, encode_agreement, open_differences
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.operations.reports.compare_lists import ROWS_AT_ONCE, compare_rows, missing_in_file
from dealtrace.record import record
from dealtrace.reports.agreement import Agreement, DealComparison, ListedSums, SeenDeals
from dealtrace.storage.reports.currency_rates import find_rates


@record
class FileComparison:
    """The result of a comparison: the name of the list, its totals, and the number of all differences."""

    name: str
    agreement: Agreement
    total: int


def compare_upload(connection: Connection, site: Site, upload: Upload, encoding: str | None) -> None:
    """Compare the list of an upload with the deals of a site, keep the result, and delete the list.

    Raises:
        FileUnreadable: the file is not a table of deals.
        FileNotFoundError: the upload was deleted in the meantime because it was old.
        ReportNotKept: the disk of temporary files is full.
    """
    name = upload.path.name
    file = open_import_file(upload.path, ImportNoun.DEAL, encoding, site.custom_fields)
    has = file.layout.has
    listed = ListedSums(has(("amount",)), has(("currency",)), find_rates(connection, site.id))
    agreement, seen = Agreement(), SeenDeals()
    rows = (row for _, row in file.rows(site.time_zone, 0))
    with refused_unless_written():
        with open_differences(upload.differences_path) as differences:

            def count(comparisons: list[DealComparison]) -> None:
                for each in comparisons:
                    agreement.add(each, listed)
                    differences.add(each)

            while chunk := list(islice(rows, ROWS_AT_ONCE)):
                count(compare_rows(connection, site, chunk, seen, listed))
            if agreement.first_at is not None and agreement.last_at is not None:
                for _, missing in missing_in_file(connection, site, agreement.first_at, agreement.last_at, seen):
                    count(missing)
        totals = {"agreement": encode_agreement(agreement), "total": str(differences.total)}
        upload.finish({"name": name, **totals})


def comparison_of(upload: Upload) -> FileComparison | None:
    """Return the stored result of an upload, or `None` if it has not been compared."""
    outcome = upload.outcome
    if not outcome:
        return None
    return FileComparison(outcome["name"], decode_agreement(outcome["agreement"]), int(outcome["total"]))
