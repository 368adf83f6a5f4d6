"""`dealtrace import costs`: import the costs of an advertising account from a file."""

from collections.abc import Collection, Iterator
from dataclasses import astuple
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dealtrace import clock
from dealtrace.attribution.campaign import AUTO, CampaignNaming, campaign_key
from dealtrace.attribution.cost import ACCOUNT_LENGTH_MAX, SYSTEM_LENGTH_MAX, SYSTEM_SOURCES, Cost, CostAccount
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX
from dealtrace.attribution.unmet_costs import SourceCost, UnmetCosts
from dealtrace.cli.answers import CostsAnswer, UnmetCost
from dealtrace.cli.import_files import (
    EncodingOption,
    FileArgument,
    describe_reading,
    report_stale_statistics,
)
from dealtrace.cli.options import JsonOption, SiteIdOption
from dealtrace.cli.terminal import console, counted, end_stopped, fail, open_prepared, print_json
from dealtrace.errors import InvalidValue
from dealtrace.files.costs.cells import PERCENT_MAX, read_positive
from dealtrace.files.costs.cost_columns import COST_COLUMNS
from dealtrace.files.costs.cost_file import CostFile, CostReading, read_cost_file
from dealtrace.files.costs.cost_unit import CostUnit
from dealtrace.files.import_columns import normalize_heading
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.import_costs import CostImportOutcome, run_cost_import
from dealtrace.record import record
from dealtrace.reports.formats import format_kopecks
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.costs import find_unmet_costs

UNMET_SHOWN_MAX = 20

SystemOption = Annotated[
    str, typer.Option("--system", help=f"The advertising system: {', '.join(SYSTEM_SOURCES)}, or any other name.")
]
AccountOption = Annotated[str, typer.Option("--account", help="A name for the advertising account, of your choice.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="The source of all costs in the file.")]
MediumOption = Annotated[str | None, typer.Option("--medium", help="The medium of all costs in the file.")]
CampaignOption = Annotated[
    str,
    typer.Option(
        "--campaign", help="What visits have as utm_campaign: auto, id, name, or a template with {id} or {name}."
    ),
]
RenameOption = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="CAMPAIGN=NAME", help="The utm_campaign of a campaign's visits; may be repeated."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="HEADING=COLUMN", help="Read the file's column HEADING as COLUMN; may be repeated."),
]
VatOption = Annotated[
    str | None, typer.Option("--vat", metavar="PERCENT", help="Subtract this VAT, which the costs include.")
]
AddVatOption = Annotated[
    str | None, typer.Option("--add-vat", metavar="PERCENT", help="Add this VAT, which the costs do not include.")
]
RateOption = Annotated[
    str | None, typer.Option("--rate", help="The exchange rate: rubles per unit of the file's currency.")
]
UnitOption = Annotated[
    CostUnit, typer.Option("--cost-unit", help="The unit of the cost column: money, or micros (millionths).")
]


@record
class _Imported:
    """The costs that were imported; `unmet` has the costs whose source no visit has."""

    site_id: int
    account: CostAccount
    file: CostFile
    outcome: CostImportOutcome
    unmet: UnmetCosts

    @property
    def kopecks(self) -> int:
        """Return the sum of all imported costs, in kopecks."""
        return _sum(self.outcome.named.costs)


def take_costs(  # noqa: PLR0913, PLR0917 - an argument for each option
    file: FileArgument,
    site_id: SiteIdOption,
    system: SystemOption,
    account: AccountOption,
    encoding: EncodingOption = None,
    source: SourceOption = None,
    medium: MediumOption = None,
    campaign: CampaignOption = AUTO,
    rename: RenameOption = None,
    mapped: MapOption = None,
    vat: VatOption = None,
    add_vat: AddVatOption = None,
    rate: RateOption = None,
    cost_unit: UnitOption = CostUnit.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Import costs, replacing the account's earlier costs of the same days. If a row is invalid, nothing changes."""
    named = _read_account(system, account)
    reading = CostReading(
        columns=_read_mapping(mapped or ()),
        traffic_source=SYSTEM_SOURCES.get(named.system),
        source=_part("--source", source),
        medium=_part("--medium", medium),
        rate=_number("--rate", rate, None),
        vat_removed=_number("--vat", vat, PERCENT_MAX),
        vat_added=_number("--add-vat", add_vat, PERCENT_MAX),
        unit=cost_unit,
    )
    if reading.vat_removed is not None and reading.vat_added is not None:
        fail("--vat and --add-vat cannot be combined. Set only one of them.")
    naming = CampaignNaming(campaign, _read_renames(rename or ()))
    if not naming.is_valid:
        fail("--campaign must be auto, id, name, or a template that contains {id} or {name}.")
    with open_prepared() as database:
        imported = _import(database, site_id, named, file, encoding=encoding, reading=reading, naming=naming)
    report_stale_statistics(imported.outcome.statistics_fault)
    if as_json:
        print_json(_serialize(imported))
    else:
        _report(imported)


def _import(
    database: Database,
    site_id: int,
    account: CostAccount,
    path: Path,
    *,
    encoding: str | None,
    reading: CostReading,
    naming: CampaignNaming,
) -> _Imported:
    with database.read() as connection:
        site = require_site(connection, site_id)
    file = read_cost_file(path, encoding, reading)
    _check_naming(file, naming)
    try:
        outcome = run_cost_import(database, site, account, file.costs, file.days, naming, now=clock.now())
    except KeyboardInterrupt as stop:
        end_stopped(stop, "Stopped. A file of costs is imported as a whole or not at all: run the same command again.")
    with database.read() as connection:
        unmet = find_unmet_costs(connection, site.id, account, file.days, outcome.named.visited)
    return _Imported(site.id, account, file, outcome, unmet)


def _read_account(system: str, account: str) -> CostAccount:
    named = CostAccount(system.strip().casefold(), account.strip())
    limits = (
        ("--system", named.system, SYSTEM_LENGTH_MAX),
        ("--account", named.account, ACCOUNT_LENGTH_MAX),
    )
    for option, text, length_max in limits:
        if not 0 < len(text) <= length_max:
            fail(f"{option} must have 1 to {length_max} characters.")
    return named


def _read_mapping(pairs: Collection[str]) -> dict[str, str]:
    names = [column.name for column in COST_COLUMNS]
    columns: dict[str, str] = {}
    for heading, name in (_split_pair("--map", pair) for pair in pairs):
        if name not in names:
            fail(f"--map: there is no column {name}. Available: {', '.join(names)}.")
        if name in columns.values():
            fail(f"--map: the column {name} is given twice. Give it once.")
        if normalize_heading(heading) in columns:
            fail(f"--map: the heading {heading} is given twice. Give it once.")
        columns[normalize_heading(heading)] = name
    return columns


def _read_renames(pairs: Collection[str]) -> dict[str, str]:
    renames: dict[str, str] = {}
    for campaign, name in (_split_pair("--rename", pair) for pair in pairs):
        if campaign_key(campaign) in map(campaign_key, renames):
            fail(f"--rename: the campaign {campaign} is given twice. Give it once.")
        renames[campaign] = _part("--rename", name) or ""
    return renames


def _split_pair(option: str, pair: str) -> tuple[str, str]:
    said, equals, meant = pair.rpartition("=")
    if not equals or not said.strip() or not meant.strip():
        fail(f"{option} {pair}: write it as {'HEADING=COLUMN' if option == '--map' else 'CAMPAIGN=NAME'}.")
    return said.strip(), meant.strip()


def _part(option: str, text: str | None) -> str | None:
    if text is not None and len(text) > SOURCE_LENGTH_MAX:
        fail(f"{option} must have at most {SOURCE_LENGTH_MAX} characters.")
    return text if text is None else text.strip()


def _number(option: str, text: str | None, most: int | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return read_positive(text, most)
    except InvalidValue as fault:
        fail(f"{option}: {fault.en}.")


def _check_naming(file: CostFile, naming: CampaignNaming) -> None:
    if file.layout.has(("campaign",)):
        return
    for is_needed, column in ((naming.needs_id, "campaign_id"), (naming.needs_name, "campaign_name")):
        if is_needed and not file.layout.has((column,)):
            fail(
                f"--campaign {naming.form} needs the column {column}, which the file lacks. "
                "If the file has it under another heading, use --map."
            )


def _report(imported: _Imported) -> None:
    for line in _summarize(imported):
        console.print(line, markup=False)
    unmet = imported.unmet.campaigns or imported.unmet.sources
    if unmet:
        console.print(_table(unmet[:UNMET_SHOWN_MAX]))
    if len(unmet) > UNMET_SHOWN_MAX:
        console.print(f"And {len(unmet) - UNMET_SHOWN_MAX} more. Use --json to list all.", markup=False)


def _summarize(imported: _Imported) -> Iterator[str]:
    file, done = imported.file, imported.outcome.imported
    yield (
        f"{counted(file.rows, 'row')} of {counted(len(file.days), 'day')}: {counted(done.stored, 'cost')} stored, "
        f"{format_kopecks(imported.kopecks)} RUB; {done.replaced} replaced."
    )
    if file.unit is CostUnit.MICROS:
        yield "Costs were read as millionths of a ruble. If they are rubles, set --cost-unit money."
    yield from describe_reading(file.encoding, file.layout)
    if not imported.unmet.sources:
        yield "Every cost matches a visit."
        return
    costs = f"Costs of {format_kopecks(_sum(imported.unmet.sources))} RUB"
    unmet = f"{costs} match no visit by source, medium, campaign, ad and keyword"
    if imported.unmet.campaigns:
        without_campaign = f"{format_kopecks(_sum(imported.unmet.campaigns))} RUB"
        yield f"{unmet}; {without_campaign} match none even by source, medium and campaign:"
    else:
        yield f"{unmet}, but all match a visit by source, medium and campaign:"


def _table(unmet: Collection[SourceCost]) -> Table:
    table = Table("source", "medium", "campaign", "content", "term")
    table.add_column("RUB", justify="right")
    for cost in unmet:
        table.add_row(*astuple(cost.traffic_source), format_kopecks(cost.amount_kopecks))
    return table


def _serialize(imported: _Imported) -> CostsAnswer:
    return {
        "siteId": imported.site_id,
        "system": imported.account.system,
        "account": imported.account.account,
        "rows": imported.file.rows,
        "days": len(imported.file.days),
        "costs": imported.outcome.imported.stored,
        "replaced": imported.outcome.imported.replaced,
        "cost": format_kopecks(imported.kopecks),
        "unit": imported.file.unit.value,
        "encoding": imported.file.encoding,
        "columnsPassedOver": imported.file.layout.ignored_headings,
        "unmetCost": format_kopecks(_sum(imported.unmet.sources)),
        "unmetSources": [_serialize_unmet(cost) for cost in imported.unmet.sources],
        "unmetCampaigns": [_serialize_unmet(cost) for cost in imported.unmet.campaigns],
    }


def _serialize_unmet(cost: SourceCost) -> UnmetCost:
    source = cost.traffic_source
    return {
        "source": source.source,
        "medium": source.medium,
        "campaign": source.campaign,
        "content": source.content,
        "term": source.term,
        "cost": format_kopecks(cost.amount_kopecks),
    }


def _sum(costs: Collection[Cost] | Collection[SourceCost]) -> int:
    return sum(cost.amount_kopecks for cost in costs)
