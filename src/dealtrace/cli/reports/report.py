"""`dealtrace report`: show the results of advertising as a table, JSON or a file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.answers.report import serialize_answer
from dealtrace.cli.options import ForceOption, JsonOption, SiteIdOption
from dealtrace.cli.reports.facts import facts_of
from dealtrace.cli.reports.table_lines import answer_lines
from dealtrace.cli.terminal import console, counted, fail, open_prepared, print_figures
from dealtrace.errors import InvalidParameters
from dealtrace.files.reports.answer_file import write_answer
from dealtrace.files.row_writers import CSV, XLSX
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.read_question import read_question
from dealtrace.reports.answer import Report
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.presets import REPORT_PRESETS, Preset
from dealtrace.reports.question import ALL_MODELS, LIMIT_MAX, RawQuestion
from dealtrace.storage.database.engine import Database

Name = Annotated[str, typer.Argument(metavar="[PRESET]", help="sources, paths or models. Options override the preset.")]
By = Annotated[str, typer.Option("--by", help="Dimensions, comma-separated, at most three.")]
PivotOption = Annotated[
    str, typer.Option("--pivot", help="A dimension whose values become columns; the cells show the first metric.")
]
Metrics = Annotated[str, typer.Option("--metrics", help="Metrics, comma-separated.")]
PeriodOption = Annotated[str, typer.Option("--period", help="A period such as 28d or month; 28d by default.")]
First = Annotated[str, typer.Option("--from", help="The first day, in the site's time zone.")]
Last = Annotated[str, typer.Option("--to", help="The last day, inclusive.")]
Model = Annotated[str, typer.Option("--model", help="The attribution model 0–6, or all; the site's by default.")]
DateOption = Annotated[
    str,
    typer.Option(
        "--date",
        help="The date by which deals are counted: of the deal (deal), its lead (lead) or its last change (changed).",
    ),
]
Compare = Annotated[
    str, typer.Option("--compare", help="The period to compare with: previous, year, weekdays or months.")
]
Filters = Annotated[
    list[str] | None, typer.Option("--filter", help="A filter, written dimension:operator:value; may be repeated.")
]
SegmentOption = Annotated[str, typer.Option("--segment", help="Add the filters of a saved segment.")]
SortOption = Annotated[
    str,
    typer.Option(
        "--sort", help="Sort by a metric, dimension or change (change:deals); a minus before it means descending."
    ),
]
Limit = Annotated[str, typer.Option("--limit", help="How many rows to show, 1000 by default; files contain all rows.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write a .csv file.")]
XlsxOption = Annotated[Path | None, typer.Option("--xlsx", help="Write an .xlsx file.")]
Excel = Annotated[bool, typer.Option("--excel", help="With --csv: format the file for Russian Excel.")]


def report(  # noqa: PLR0913, PLR0917 - a question has this many parts
    site_id: SiteIdOption,
    preset: Name = "",
    by: By = "",
    pivot: PivotOption = "",
    metrics: Metrics = "",
    period: PeriodOption = "",
    first: First = "",
    last: Last = "",
    model: Model = "",
    date: DateOption = "",
    compare: Compare = "",
    filters: Filters = None,
    segment: SegmentOption = "",
    sort: SortOption = "",
    limit: Limit = "",
    as_json: JsonOption = False,
    csv: CsvOption = None,
    xlsx: XlsxOption = None,
    excel: Excel = False,
    force: ForceOption = False,
) -> None:
    """Show the results of advertising, grouped by any dimensions. The figures are the same as in /api/reports."""
    chosen = _preset(preset, metrics, site_id)
    file = _file(csv, xlsx, as_json=as_json, excel=excel, force=force)
    raw = RawQuestion(
        by=by or chosen.by,
        pivot=pivot,
        metrics=metrics or chosen.metrics,
        period=period,
        first=first,
        last=last,
        model=model if model != ALL_MODELS else "",
        models=ALL_MODELS if model == ALL_MODELS else chosen.models if not model else "",
        date_of=date,
        compare=compare,
        filters=tuple(filters or ()),
        segment=segment,
        sort=sort,
        limit=limit,
    )
    if file is not None:
        _write(site_id, raw, file, for_excel=excel, overwrite=force)
    else:
        _print(site_id, raw, as_json=as_json)


def _write(site_id: int, raw: RawQuestion, file: Path, *, for_excel: bool, overwrite: bool) -> None:
    """Write all rows of a report or pivot to a file."""
    with open_prepared() as database:
        _, answered = _ask(database, site_id, raw, clock.now(), rows_max=None)
        write_answer(file, answered, for_excel=for_excel, overwrite=overwrite)
    console.print(f"{counted(len(_rows(answered)), 'row')} and the total written to {file}.")


def _print(site_id: int, raw: RawQuestion, *, as_json: bool) -> None:
    """Print a report or pivot as JSON, or as a table that fits the terminal."""
    with open_prepared() as database:
        site, answered = _ask(database, site_id, raw, clock.now(), rows_max=LIMIT_MAX)
    if as_json:
        print_figures(serialize_answer(answered, site.id))
        return
    for line in answer_lines(answered, console.width if console.is_terminal else None):
        console.print(line)


def _rows(answered: Report | Pivot) -> Sequence[object]:
    return answered.lines if isinstance(answered, Pivot) else answered.rows


def _preset(name: str, metrics: str, site_id: int) -> Preset:
    """Return the preset `name`, or an empty one if only `metrics` are given; given neither, print examples and exit."""
    if name and name not in REPORT_PRESETS:
        fail(f"Unknown preset “{name}”. Available: {', '.join(REPORT_PRESETS)}.")
    if not name and not metrics:
        fail(
            f"Choose a preset ({', '.join(REPORT_PRESETS)}) or metrics: {', '.join(METRICS)}. For example:",
            f"  dealtrace report sources --site {site_id}",
            f"  dealtrace report --site {site_id} --by source --metrics leads,deals,amount",
        )
    return REPORT_PRESETS[name] if name else Preset("", "")


def _file(csv: Path | None, xlsx: Path | None, *, as_json: bool, excel: bool, force: bool) -> Path | None:
    """Return the file to write, or `None` if no file is chosen; end the command if the options cannot be combined."""
    chosen: Sequence[tuple[str, Path]] = [(end, path) for end, path in ((CSV, csv), (XLSX, xlsx)) if path is not None]
    if len(chosen) + as_json > 1:
        fail("Choose one of --json, --csv and --xlsx.")
    if excel and csv is None:
        fail("--excel applies to --csv only; .xlsx files do not need it.")
    for extension, path in chosen:
        if path.suffix.lower() != extension:
            fail(f"{path}: the name must end with {extension}.")
        if path.exists() and not force:
            fail(f"{path} already exists. Use --force to overwrite it.")
    return chosen[0][1] if chosen else None


def _ask(
    database: Database, site_id: int, raw: RawQuestion, now: datetime, *, rows_max: int | None
) -> tuple[Site, Report | Pivot]:
    with database.read() as connection:
        site = require_site(connection, site_id)
        try:
            question = read_question(connection, site, raw, now, rows_max=rows_max)
        except InvalidParameters as refusal:
            options = [replace(each, field=f"--{each.field}") for each in refusal.violations]
            raise InvalidParameters(options) from refusal
    with facts_of(database, site) as facts:
        return site, ask_report_or_pivot(facts, site, question, now)
