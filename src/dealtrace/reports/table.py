"""Lay out a report as a table: the columns with figures, and the figures of each row."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from dealtrace.record import record
from dealtrace.reports.answer import Figures, Report, Row, listed_models
from dealtrace.reports.metrics import Metric
from dealtrace.reports.question import Question

COMPARED, COMPARED_RU = "compared", "сравнение"


@record
class Column:
    """A column of figures: its name, its headings in Russian and English, and its metric."""

    name: str
    ru: str
    en: str
    metric: Metric


def figure_columns(report: Report) -> list[Column]:
    """Return a column for each pair of metric and model, each followed by a column of compared figures, if any.

    If all models are shown, the code of the model is added to the name and heading of the column.
    """
    models = listed_models(report.question)
    found = []
    for metric in report.question.metrics:
        for model in models:
            code = f" {int(model)}" if len(models) > 1 else ""
            name, ru, en = (f"{each}{code}" for each in (metric.name, metric.ru, metric.en))
            found.append(Column(name, ru, en, metric))
            if report.total.compared is not None:
                found.append(Column(f"{name} {COMPARED}", f"{ru}, {COMPARED_RU}", f"{en}, {COMPARED}", metric))
    return found


def figures_of(question: Question, row: Row) -> Iterator[Fraction | None]:
    """Yield the exact figures of a row or of the total, in the order of the columns."""
    models, sides = listed_models(question), _sides(row)
    for place in range(len(question.metrics)):
        for model in models:
            for figures in sides:
                yield figures[model][place]


def _sides(row: Row) -> Sequence[Figures]:
    return (row.values,) if row.compared is None else (row.values, row.compared)
