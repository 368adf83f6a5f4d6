"""The costs of advertising by system and day or month, and the import of costs after a preview."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from shlex import quote
from urllib.parse import quote_plus, urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.cost import CostAccount, CostImportSource, sum_known
from dealtrace.attribution.unmet_costs import SourceCost, UnmetCosts
from dealtrace.cabinet.form_pages import Faults, redirect_with_message, show_form_page, stored_site, unknown_faults
from dealtrace.cabinet.formats import money, number
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.settings.cost_files import (
    ADDED,
    HEADING_PREFIX,
    REMOVED,
    TEXT,
    VAT_KINDS,
    CostChoices,
    CostPreview,
    faults_of_choices,
    read_choices,
    store_costs,
    try_costs,
)
from dealtrace.cabinet.settings.file_cures import COLUMN_LABELS, file_fault
from dealtrace.cabinet.settings.imports import (
    ENCODINGS,
    file_deleted,
    find_sent_file,
    keep_sent_file,
    kept_file,
    missing_file_fault,
    unless_deleted,
)
from dealtrace.cabinet.settings.replaced_costs import list_replacing_imports
from dealtrace.cabinet.settings.uploads import UPLOAD_BYTES_MAX, Upload
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import has_changed, may_save
from dealtrace.errors import FileUnreadable, InvalidValue, Language, Refusal, text_in
from dealtrace.files.costs.cost_unit import CostUnit
from dealtrace.files.costs.headings import list_headings
from dealtrace.operations.reports.import_costs import account_name, delete_costs
from dealtrace.operations.work import at_site
from dealtrace.record import record
from dealtrace.reports.periods import parse_day
from dealtrace.storage.reports.costs import (
    AccountCosts,
    CostTotals,
    DaysOfCosts,
    find_unmet_costs_between,
    list_account_costs,
    list_accounts,
    list_visited_sources,
    sum_costs,
)
from dealtrace.whole_number import parse_whole_number

PLACE = "costs"
DAYS_SHOWN = 31
MONTHS_SHOWN = 12
UNMET_SHOWN = 50
DAY, MONTH, ASKED = "day", "month", "1"
"""Values of parameters in the URL: `by` is `DAY` or `MONTH`, and `unmet` is `ASKED` to list costs without visits."""
CAMPAIGNS = {
    "auto": "detect automatically",
    "id": "the campaign’s ID",
    "name": "the campaign’s name",
    TEXT: "the template in the field below",
}
UNITS = {
    CostUnit.AUTO: "detect automatically",
    CostUnit.MONEY: "rubles, or the file’s currency",
    CostUnit.MICROS: "millionths of a ruble, or of the file’s currency",
}
assert set(UNITS) == set(CostUnit)
VAT = {
    "": "as in the file",
    REMOVED: "included; subtract it from the amounts",
    ADDED: "not included; add it to the amounts",
}
assert tuple(VAT) == VAT_KINDS


@record
class RemovalChoice:
    """The account and the days whose costs are to be deleted, as entered in the form."""

    of: str = ""
    since: str = ""
    until: str = ""


@record
class RemovalForm:
    """The form that deletes costs: what was entered, and the accounts as values and names.

    `found` is what would be deleted, for the confirmation, or `None` before anything was chosen. `replacing` has the
    time of each of the latest imports that replaced costs of these days, and the number of replaced costs.
    `has_changed` is true if the costs differ from those that the person agreed to delete.
    """

    sent: RemovalChoice = RemovalChoice()
    found: CostTotals | None = None
    replacing: Sequence[tuple[datetime, int]] = ()
    agreed: str = ""
    has_changed: bool = False
    accounts: Sequence[tuple[str, str]] = ()


NOTHING_REMOVED = RemovalForm()


@record
class CostLine:
    """The cost of an account of an advertising system on the day `first_on`, or in the month that begins then."""

    first_on: date
    system: str
    account: str
    kopecks: int
    clicks: int | None
    impressions: int | None


async def show(view: View) -> Response:
    """Show costs by month, or by day with `by=day` in the URL; with `unmet` also list campaigns without visits."""
    return await _page(view)


async def _gone(view: View) -> Response:
    return await _page(view, faults=file_deleted(view), status=HTTPStatus.NOT_FOUND)


@unless_deleted(PLACE, _gone)
async def upload(view: View) -> Response:
    """Store an uploaded file of costs if it is readable, and redirect to its preview."""
    chosen = {name: view.form.get(name).strip() for name in CostChoices.FIELDS} | {
        "unit": view.form.get("unit") or CostUnit.AUTO
    }
    kept = await keep_sent_file(view, PLACE, chosen)
    faults = faults_of_choices(chosen, view.language)
    if faults:
        return await _page(view, chosen, faults, kept=kept)
    if kept is None:
        account = f"--system {quote(chosen['system'])} --account {quote(chosen['account'])}"
        command = f"dealtrace import costs FILE --site {view.current_site.id} {account}"
        return await _page(view, chosen, {"file": missing_file_fault(view, command)})
    try:
        await view.services.file_threads.run(
            try_costs, view.services.database, view.current_site, kept.path, read_choices(chosen)
        )
    except Refusal as refusal:
        headings = await view.services.file_threads.run(list_headings, kept.path, chosen["encoding"] or None)
        return await _page(view, chosen, {"file": file_fault(view, refusal)}, headings=headings, kept=kept)
    return view.redirect_to(f"/{view.current_site.id}/{PLACE}/{kept.key}")


@unless_deleted(PLACE, _gone)
async def show_preview(view: View) -> Response:
    """Show the preview of a file, with the costs of campaigns without visits."""
    kept = await _find_file(view)
    if isinstance(kept, Response):
        return kept
    choices = read_choices(kept.options)
    try:
        preview = await view.services.file_threads.run(
            try_costs, view.services.database, view.current_site, kept.path, choices
        )
    except Refusal as refusal:
        return await _page(view, kept.options, {"file": file_fault(view, refusal)}, kept=kept)
    return _preview_page(view, kept, choices, preview)


@unless_deleted(PLACE, _gone)
async def run(view: View) -> Response:
    """Import a previewed file of costs; its costs replace earlier costs of the same account and days."""
    kept = await _find_file(view)
    if isinstance(kept, Response):
        return kept
    try:
        added = await view.services.file_threads.run(
            store_costs,
            view.services.database,
            view.current_site,
            kept.path,
            read_choices(kept.options),
            view.rights.user.id,
            view.admission,
        )
    except FileUnreadable as refusal:
        return await _page(view, kept.options, {"file": file_fault(view, refusal)}, kept=kept)
    kept.finish({"rows": str(added.rows), "kopecks": str(added.kopecks)})
    return _added(view, kept)


def _added(view: View, kept: Upload) -> Response:
    """Redirect to the page of costs, which then shows the result of an import."""
    return view.redirect_to(f"/{view.current_site.id}/{PLACE}?{urlencode(kept.outcome)}")


def _added_text(view: View) -> str:
    """Return the message about the import whose result is in the URL, or an empty string if the URL has none."""
    rows, kopecks = (parse_whole_number(view.request.query_params.get(name, "")) for name in ("rows", "kopecks"))
    if rows is None or kopecks is None:
        return ""
    said = {"rows": number(view.language, rows), "amount": money(view.language, Decimal(kopecks) / 100)}
    return view.translate("Imported: rows %(rows)s, cost %(amount)s.") % said


async def remove(view: View) -> Response:
    """Delete the costs of an account on the chosen days, after showing their total."""
    site, sent = await stored_site(view), RemovalChoice(*map(view.form.get, ("of", "since", "until")))
    accounts = {account_value(account): account for account in await view.read(list_accounts, site.id)}
    account = accounts.get(sent.of)
    if account is None:
        return not_found_page(view)
    days, faults = _parse_days(sent, view.language)
    if faults:
        return await _page(view, faults=faults, removal=RemovalForm(sent))
    found = await view.read(sum_costs, site.id, account, days)
    if may_save(view, _agreement(sent, found)) and found.costs:
        expected, found = found, await view.manage(at_site(site, delete_costs), account, days, found)
        if found == expected:
            return redirect_with_message(view, PLACE, "removed")
    agreement = _agreement(sent, found)
    replacing = await view.read(list_replacing_imports, site.id, account, days)
    return await _page(view, removal=RemovalForm(sent, found, replacing, agreement, has_changed(view, agreement)))


def account_value(account: CostAccount) -> str:
    """Return the form value that identifies an advertising account: origin, system and name, each URL-encoded."""
    return " ".join(quote_plus(part) for part in (account.origin.value, account.system, account.account))


def _agreement(sent: RemovalChoice, found: CostTotals) -> str:
    """Return the form value with which a person agrees to delete exactly what was found."""
    return f"{sent.of} {found.costs} {found.first_on} {found.last_on} {found.kopecks}"


def _parse_days(sent: RemovalChoice, language: Language) -> tuple[DaysOfCosts, Faults]:
    """Return the days in a form, and its error messages by field; a field that is empty leaves the period open."""
    days: dict[str, date | None] = {}
    faults: dict[str, str] = {}
    for name, text in (("since", sent.since), ("until", sent.until)):
        try:
            days[name] = parse_day(text) if text else None
        except InvalidValue as fault:
            faults[name] = text_in(language, fault)
    return DaysOfCosts(days.get("since"), days.get("until")), faults


async def _find_file(view: View) -> Upload | Response:
    """Return the file whose key is in the path, or the page to show if it is gone, imported or has invalid options."""
    kept = find_sent_file(view, PLACE)
    if kept is None:
        return await _gone(view)
    if kept.outcome:
        return _added(view, kept)
    if faults := faults_of_choices(kept.options, view.language):
        return await _page(view, kept.options, faults, kept=kept)
    return kept


def by_day(costs: Iterable[AccountCosts]) -> list[CostLine]:
    """Return the costs of each account by day, in the order of `costs`."""
    return [
        CostLine(each.day_on, each.system, each.account, each.amount_kopecks, each.clicks, each.impressions)
        for each in costs
    ]


def by_month(costs: Iterable[AccountCosts]) -> list[CostLine]:
    """Return the costs of each account by month, latest month first."""
    sums: dict[tuple[date, str, str], tuple[int, int | None, int | None]] = {}
    for cost in costs:
        key = (cost.day_on.replace(day=1), cost.system, cost.account)
        kopecks, clicks, impressions = sums.get(key, (0, None, None))
        sums[key] = (
            kopecks + cost.amount_kopecks,
            sum_known((clicks, cost.clicks)),
            sum_known((impressions, cost.impressions)),
        )
    lines = [CostLine(*key, *values) for key, values in sums.items()]
    return sorted(lines, key=lambda line: (-line.first_on.toordinal(), line.system, line.account))


async def _page(
    view: View,
    chosen: dict[str, str] | None = None,
    faults: Faults | None = None,
    *,
    status: int = 0,
    headings: Sequence[str] = (),
    kept: Upload | None = None,
    removal: RemovalForm = NOTHING_REMOVED,
) -> Response:
    site = await stored_site(view)
    accounts = await view.read(list_accounts, site.id)
    query = view.request.query_params
    is_by_day, asks_unmet = query.get("by") == DAY, query.get("unmet") == ASKED
    faults = {**_unknown(view), **(faults or {})}
    last_on = site_day(clock.now(), site.time_zone)
    first_on = last_on - timedelta(days=DAYS_SHOWN - 1) if is_by_day else _months_back(last_on)
    costs, unmet = await view.read(_read, site, first_on, last_on, asks_unmet=asks_unmet)
    shown = costs if not _unknown(view) else []
    lines = by_day(shown) if is_by_day else by_month(shown)
    return show_form_page(
        view,
        "settings/costs.html",
        view.translate("Costs"),
        faults=faults,
        status=status,
        done=_added_text(view),
        lines=lines,
        total=sum(line.kopecks for line in lines),
        clicks_total=sum_known(line.clicks for line in lines),
        impressions_total=sum_known(line.impressions for line in lines),
        headings=headings,
        is_by_day=is_by_day,
        chosen={**dict.fromkeys(CostChoices.FIELDS, ""), **(chosen or {})},
        kept=kept_file(kept),
        removal=replace(removal, accounts=[(account_value(each), _account_label(view, each)) for each in accounts]),
        **_unmet_shown(unmet.campaigns if unmet is not None else None),
        **_upload_choices(view),
    )


def _unmet_shown(campaigns: Sequence[SourceCost] | None) -> dict[str, object]:
    """Return template variables with the campaigns whose costs match no visits; `unmet` is `None` if not requested."""
    listed = campaigns or ()
    return {
        "unmet": campaigns[:UNMET_SHOWN] if campaigns is not None else None,
        "unmet_left": max(len(listed) - UNMET_SHOWN, 0),
        "unmet_total": sum(cost.amount_kopecks for cost in listed),
    }


def _upload_choices(view: View) -> dict[str, object]:
    """Return template variables with the available options for an uploaded file."""
    return {
        "columns": [(HEADING_PREFIX + name, view.translate(label)) for name, label in COLUMN_LABELS.items()],
        "units": [(value.value, view.translate(label)) for value, label in UNITS.items()],
        "campaigns": [(value, view.translate(label)) for value, label in CAMPAIGNS.items()],
        "vats": [(value, view.translate(label)) for value, label in VAT.items()],
        "encodings": ENCODINGS[1:],
        "megabytes": UPLOAD_BYTES_MAX >> 20,
    }


def _account_label(view: View, account: CostAccount) -> str:
    name = account_name(account)
    return name if account.origin is CostImportSource.FILE else view.translate("%(name)s, via the API") % {"name": name}


def _unknown(view: View) -> Faults:
    """Return the error messages about URL parameters with values that are not valid on this page."""
    known = {"by": (("", DAY, MONTH), "Period"), "unmet": (("", ASKED), "Costs without visits")}
    asked = {name: view.request.query_params.get(name, "") for name in known}
    unknown = {name: (text, known[name][1]) for name, text in asked.items() if text not in known[name][0]}
    return unknown_faults(view, **unknown)


def _months_back(last_on: date) -> date:
    months = last_on.year * 12 + last_on.month - MONTHS_SHOWN
    return date(months // 12, months % 12 + 1, 1)


def _read(
    connection: Connection, site: Site, first_on: date, last_on: date, *, asks_unmet: bool
) -> tuple[list[AccountCosts], UnmetCosts | None]:
    costs = list_account_costs(connection, site.id, first_on, last_on)
    if not asks_unmet:
        return costs, None
    visited = list_visited_sources(connection, site.id)
    return costs, find_unmet_costs_between(connection, site.id, first_on, last_on, visited)


def _preview_page(view: View, kept: Upload, choices: CostChoices, preview: CostPreview) -> Response:
    return show_form_page(
        view,
        "settings/costs_preview.html",
        view.translate("Import of costs"),
        preview=preview,
        choices=choices,
        unmet=preview.unmet.campaigns[:UNMET_SHOWN],
        unmet_left=max(len(preview.unmet.campaigns) - UNMET_SHOWN, 0),
        key=kept.key,
    )
