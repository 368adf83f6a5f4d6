"""The JSON of a report, for the API and for the command line."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from dealtrace.attribution.model_labels import model_key
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.facts import Fact
from dealtrace.reports.formats import Shown, format_value
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.reading.compared_times import lacking_data_text
from dealtrace.reports.reading.days_lacking_costs import known_costs_text
from dealtrace.reports.reading.overlap import lacking_figures
from dealtrace.reports.table_columns import (
    CHANGE,
    COMPARED,
    PARTS,
    PERCENTAGE,
    VALUE,
    FigurePart,
    TableColumn,
    figure_columns,
    figures_of,
    pivot_cells,
    shown_parts,
    unit_of,
)

RowFigures = dict[str, Shown | dict[str, Shown]]
"""The figures of a row by metric; in a report under all attribution models, a metric has a figure for each code."""


class ReportTotal(TypedDict):
    """The figures of the total, or of a row, for the period and for the compared period, and the changes between them.

    `change` is in the unit of the metric. `changePercent` has only metrics whose changes are shown as percentages,
    which ratios are not. In a pivot, `cells` has the figures of its columns; with a comparison, `comparedCells`,
    `changeCells` and `changePercentCells` have the compared figures of its columns and their changes.
    """

    values: RowFigures
    compared: NotRequired[RowFigures]
    change: NotRequired[RowFigures]
    changePercent: NotRequired[RowFigures]
    cells: NotRequired[list[Shown]]
    comparedCells: NotRequired[list[Shown]]
    changeCells: NotRequired[list[Shown]]
    changePercentCells: NotRequired[list[Shown]]


class ReportRow(ReportTotal):
    """A row: a key for each dimension (`null` if missing), and the same figures as in the total."""

    keys: list[str | None]


class ReportHint(TypedDict):
    """What a reader must know about some metrics: why they or their changes are `null` or distorted, and what to do."""

    metrics: list[str]
    reason: str
    cure: str


_Days = TypedDict("_Days", {"from": str, "to": str})


class ReportAnswer(_Days):
    """A report: its question, rows and total.

    If the report shows the figures of all attribution models, `model` is `null`, and `models` maps the code of each
    model to its name.
    A pivot also has the dimension of its columns (`pivot`) and their keys (`columns`); the cells of its rows show the
    first metric. `columnsTotal` is the number of all columns, including columns that are left out.
    """

    comparedFrom: NotRequired[str]
    comparedTo: NotRequired[str]
    model: int | None
    models: NotRequired[dict[str, str]]
    by: list[str]
    metrics: list[str]
    pivot: NotRequired[str]
    columns: NotRequired[list[str | None]]
    columnsTotal: NotRequired[int]
    rows: list[ReportRow]
    rowsTotal: int
    addsUp: bool
    total: ReportTotal
    hints: NotRequired[list[ReportHint]]


def serialize_answer(answered: Report | Pivot, site_id: int) -> ReportAnswer:
    """Return a report or a pivot as JSON."""
    return serialize_pivot(answered, site_id) if isinstance(answered, Pivot) else serialize_report(answered, site_id)


def serialize_pivot(pivot: Pivot, site_id: int) -> ReportAnswer:
    """Return a pivot as JSON: its report, with the figures of the pivot's columns added in `cells`."""
    answer = serialize_report(pivot.report, site_id)
    answer["pivot"] = pivot.dimension.name
    answer["columns"] = list(pivot.columns)
    answer["columnsTotal"] = pivot.columns_total
    parts = shown_parts(pivot.report, pivot.metric)
    for row, line in zip([*answer["rows"], answer["total"]], [*pivot.lines, pivot.total], strict=True):
        *cells, _ = pivot_cells(pivot, line, parts)
        shown = {
            part: [format_value(unit_of(pivot.metric, part), cell[place]) for cell in cells]
            for place, part in enumerate(parts)
        }
        row["cells"] = shown[VALUE]
        if COMPARED in shown:
            row["comparedCells"], row["changeCells"] = shown[COMPARED], shown[CHANGE]
        if PERCENTAGE in shown:
            row["changePercentCells"] = shown[PERCENTAGE]
    return answer


def serialize_report(report: Report, site_id: int) -> ReportAnswer:
    """Return a report as JSON; a row that exists in only one of two compared periods has zeros in the other."""
    question, columns = report.question, _columns_by_part(report)
    answer: ReportAnswer = {
        "from": question.period.first_on.isoformat(),
        "to": question.period.last_on.isoformat(),
        "model": int(question.model) if question.model is not None else None,
        "by": [dimension.name for dimension in question.by],
        "metrics": [metric.name for metric in question.metrics],
        "rows": [{"keys": list(row.keys), **_total(report, columns, row)} for row in report.rows],
        "rowsTotal": report.rows_total,
        "addsUp": question.adds_up,
        "total": _total(report, columns, report.total),
    }
    if question.model is None:
        answer["models"] = {str(int(model)): model_key(model) for model in report.total.values}
    if report.compared_period is not None:
        answer["comparedFrom"] = report.compared_period.first_on.isoformat()
        answer["comparedTo"] = report.compared_period.last_on.isoformat()
    if hints := [
        *_hints_of_statuses(report, site_id),
        *_hints_of_changes(report),
        *_hints_of_rows(report),
        *_hints_of_costs(report),
    ]:
        answer["hints"] = hints
    return answer


def _columns_by_part(report: Report) -> Mapping[FigurePart, Sequence[TableColumn]]:
    columns = figure_columns(report)
    return {part: [column for column in columns if column.part is part] for part in PARTS}


def _total(report: Report, columns: Mapping[FigurePart, Sequence[TableColumn]], row: ReportLine) -> ReportTotal:
    total: ReportTotal = {"values": _figures(report, columns[VALUE], row)}
    if row.compared is not None:
        total["compared"] = _figures(report, columns[COMPARED], row)
        total["change"] = _figures(report, columns[CHANGE], row)
        total["changePercent"] = _figures(report, columns[PERCENTAGE], row)
    return total


def _figures(report: Report, columns: Sequence[TableColumn], row: ReportLine) -> RowFigures:
    by_model: dict[str, dict[str, Shown]] = {}
    for column, figure in zip(columns, figures_of(report, columns, row), strict=True):
        by_model.setdefault(column.metric.name, {})[str(int(column.model))] = format_value(column.unit, figure)
    if report.question.model is None:
        return dict(by_model)
    return {name: shown for name, of_model in by_model.items() for shown in of_model.values()}


def _hints_of_statuses(report: Report, site_id: int) -> list[ReportHint]:
    if not report.lacking_won:
        return []
    return [
        {
            "metrics": [metric.name for metric in report.lacking_won],
            "reason": "no status of the site is marked as won",
            "cure": f"dealtrace status set {site_id} NAME won",
        }
    ]


def _hints_of_changes(report: Report) -> list[ReportHint]:
    """Return hints about changes that are `null` or misleading because the site lacks data of the compared period."""
    compared, lacking = report.compared_period, lacking_data_text(report, "en")
    if compared is None or not lacking:
        return []
    return [
        {
            "metrics": [metric.name for metric in report.question.metrics],
            "reason": f"compared with {compared.first_on} to {compared.last_on}: {lacking}",
            "cure": "choose a period for which the compared period has data",
        }
    ]


def _hints_of_rows(report: Report) -> list[ReportHint]:
    """Return hints about figures of rows that are `null`: a dimension of the report cannot divide or filter them."""
    return [
        {
            "metrics": [metric.name for metric in lacking.metrics],
            "reason": lacking.text("en"),
            "cure": "remove the filter" if lacking.is_filter else "group by other dimensions, or read the total",
        }
        for lacking in lacking_figures(report.question)
    ]


def _hints_of_costs(report: Report) -> list[ReportHint]:
    text = known_costs_text(report, "en")
    if not text:
        return []
    metrics = [metric.name for metric in report.question.metrics if Fact.COSTS in metric.facts]
    return [{"metrics": metrics, "reason": text, "cure": "import the costs of these days"}]
