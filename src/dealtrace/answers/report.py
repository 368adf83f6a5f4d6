"""The JSON of a report, for the API and for the command line."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.answer import Figures, Report, Row
from dealtrace.reports.formats import Shown, format_figures, format_value
from dealtrace.reports.metrics import Metric
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Question

Values = Mapping[str, Shown | Mapping[str, Shown]]
"""The values of a row by metric; in a report with all attribution models, a metric has a value for each model code."""


class ReportRow(TypedDict):
    """A row: a key for each dimension (`null` if missing), and the figures of the period and of the compared period.

    `cells` has the figures of a pivot, one for each of its columns, and `comparedCells` those of the compared period.
    """

    keys: list[str | None]
    values: dict[str, Shown | dict[str, Shown]]
    compared: NotRequired[dict[str, Shown | dict[str, Shown]]]
    cells: NotRequired[list[Shown]]
    comparedCells: NotRequired[list[Shown]]


class ReportTotal(TypedDict):
    """The totals of the report, for the period and for the compared period; in a pivot, also the totals of columns."""

    values: dict[str, Shown | dict[str, Shown]]
    compared: NotRequired[dict[str, Shown | dict[str, Shown]]]
    cells: NotRequired[list[Shown]]
    comparedCells: NotRequired[list[Shown]]


class ReportHint(TypedDict):
    """Why metrics are `null` in all rows, and how to change that."""

    metrics: list[str]
    reason: str
    cure: str


_Days = TypedDict("_Days", {"from": str, "to": str})


class ReportAnswer(_Days):
    """A report: its question, rows and total; `model` is `null` if the figures are of all attribution models.

    A pivot also has the dimension of its columns (`pivot`) and their keys (`columns`); the cells of its rows show the
    first metric. `columnsTotal` is the number of all columns, including columns that are left out.
    """

    comparedFrom: NotRequired[str]
    comparedTo: NotRequired[str]
    model: int | None
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
    for row, line in zip([*answer["rows"], answer["total"]], [*pivot.lines, pivot.total], strict=True):
        row["cells"] = [format_value(pivot.metric, value) for value in line.values]
        if line.compared is not None:
            row["comparedCells"] = [format_value(pivot.metric, value) for value in line.compared]
    return answer


def serialize_report(report: Report, site_id: int) -> ReportAnswer:
    """Return a report as JSON; a row that exists in only one of two compared periods has zeros in the other."""
    question = report.question
    answer: ReportAnswer = {
        "from": question.period.first_on.isoformat(),
        "to": question.period.last_on.isoformat(),
        "model": int(question.model) if question.model is not None else None,
        "by": [dimension.name for dimension in question.by],
        "metrics": [metric.name for metric in question.metrics],
        "rows": [{"keys": list(row.keys), **_total(question, row)} for row in report.rows],
        "rowsTotal": report.rows_total,
        "addsUp": question.adds_up,
        "total": _total(question, report.total),
    }
    if report.compared_period is not None:
        answer["comparedFrom"] = report.compared_period.first_on.isoformat()
        answer["comparedTo"] = report.compared_period.last_on.isoformat()
    if report.lacking_won:
        answer["hints"] = [_hint(report.lacking_won, site_id)]
    return answer


def _total(question: Question, row: Row) -> ReportTotal:
    total: ReportTotal = {"values": _values(question, row.values)}
    if row.compared is not None:
        total["compared"] = _values(question, row.compared)
    return total


def _values(question: Question, figures: Figures) -> dict[str, Shown | dict[str, Shown]]:
    shown = {model: format_figures(question, values) for model, values in figures.items()}
    names = [metric.name for metric in question.metrics]
    if question.model is not None:
        return dict(zip(names, shown[question.model], strict=True))
    return {name: _by_model(shown, place) for place, name in enumerate(names)}


def _by_model(shown: Mapping[AttributionModel, Sequence[Shown]], place: int) -> dict[str, Shown]:
    return {str(int(model)): values[place] for model, values in shown.items()}


def _hint(metrics: Sequence[Metric], site_id: int) -> ReportHint:
    return {
        "metrics": [metric.name for metric in metrics],
        "reason": "no status of the site is marked as won",
        "cure": f"dealtrace status set {site_id} NAME won",
    }
