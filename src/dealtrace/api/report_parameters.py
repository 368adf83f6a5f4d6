"""The parameters that define a report: its period, dimensions, metrics and filters."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dealtrace.attribution.credit import AttributionModel
from dealtrace.http.parameter_table import Parameter, ParameterTable, Repeated, Sent
from dealtrace.http.parameter_types import Integer, Text
from dealtrace.reports.dimensions import DIMENSIONS, FIELD_PREFIX
from dealtrace.reports.figure import COMPARED, Figure, parse_figure
from dealtrace.reports.filters import FILTERS_MAX
from dealtrace.reports.metrics import COLUMN_PREFIX, METRICS
from dealtrace.reports.periods import PRESETS, Comparison
from dealtrace.reports.question import ALL_MODELS, BY_MAX, LIMIT_MAX, METRICS_MAX, DateOf, QuestionContext, RawQuestion
from dealtrace.reports.saved_items.names import NAME_LENGTH_MAX

TEXT_LENGTH_MAX = 4096
"""Ours: the maximum length, in characters, of a parameter with a filter, a key or a list of names."""
JsonSchema = Mapping[str, object]


@dataclass(frozen=True)
class ForQuestion:
    """The type of a string that is parsed later, when the names that the site has defined are known.

    `describe` returns the JSON Schema of the type.
    """

    describe: Callable[[], JsonSchema]
    erased: str = ""

    def read(self, text: str) -> str:
        """Return `text` unchanged.

        Raises:
            InvalidValue: `text` is too long.
        """
        return Text(TEXT_LENGTH_MAX).read(text)

    def schema(self) -> JsonSchema:
        """Return the JSON Schema of this type; it does not list names that sites defined, such as names of columns."""
        return self.describe()


def _names(known: Mapping[str, object], prefix: str, count_max: int) -> ForQuestion:
    """Return the type of a comma-separated list of at most `count_max` names, each of the type that `_name` returns."""
    return ForQuestion(lambda: {"type": "array", "items": _name(known, prefix).schema(), "maxItems": count_max})


def _name(known: Mapping[str, object], prefix: str) -> ForQuestion:
    """Return the type of a name: a name in `known`, or a name that a site defined, which begins with `prefix`."""

    def describe() -> JsonSchema:
        listed, defined = {"type": "string", "enum": list(known)}, {"type": "string", "pattern": f"^{prefix}."}
        return {"type": "string", "anyOf": [listed, defined]}

    return ForQuestion(describe)


def _one_of(known: Iterable[str]) -> ForQuestion:
    listed = list(known)
    return ForQuestion(lambda: {"type": "string", "enum": listed})


_DAY = ForQuestion(lambda: {"type": "string", "format": "date"})
_LIMIT = ForQuestion(lambda: {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX})
_METRICS = Parameter(
    "metrics",
    _names(METRICS, COLUMN_PREFIX, METRICS_MAX),
    "Показатели через запятую.",
    "The metrics, comma-separated.",
    required=True,
)
_QUESTION = (
    Parameter(
        "by",
        _names(DIMENSIONS, FIELD_PREFIX, BY_MAX),
        "Группировки через запятую; без них только итог.",
        "The dimensions, comma-separated; without them there is only the total.",
    ),
    _METRICS,
    Parameter("period", _one_of(PRESETS), "Период вместо from и to.", "A named period, used instead of from and to."),
    Parameter("from", _DAY, "Первый день.", "The first day."),
    Parameter("to", _DAY, "Последний день, включительно.", "The last day, inclusive."),
    Parameter(
        "model",
        _one_of(str(int(model)) for model in AttributionModel),
        "Модель атрибуции; по умолчанию модель кабинета.",
        "The attribution model; by default, the model in the site's settings.",
    ),
    Parameter("models", _one_of([ALL_MODELS]), "Все модели сразу.", "All models at once."),
    Parameter(
        "date",
        _one_of(DateOf),
        "По какой дате учитываются сделки: по дате сделки, лида или последнего изменения.",
        "The date by which deals are counted: of the deal, of the deal's lead, or of the deal's last change.",
    ),
    Parameter("compare", _one_of(Comparison), "С чем сравнить период.", "What to compare the period with."),
    Repeated(
        "filter",
        Text(TEXT_LENGTH_MAX),
        "Фильтр вида группировка:условие:значение; можно передать несколько.",
        "A filter, written dimension:operator:value; may be sent several times.",
        count_max=FILTERS_MAX,
    ),
    Parameter(
        "segment",
        Text(NAME_LENGTH_MAX),
        "Сегмент: сохранённые фильтры.",
        "The name of a segment, which is a set of saved filters.",
    ),
    Parameter(
        "sort",
        Text(TEXT_LENGTH_MAX),
        "По чему сортировать: показатель, группировка или, при сравнении, изменение показателя (change:deals); "
        "с минусом впереди — по убыванию.",
        "What to sort the rows by: a metric, a dimension or, with a comparison, the change in a metric (change:deals); "
        "a leading minus sorts in descending order.",
    ),
    Parameter("limit", _LIMIT, "Сколько строк показать.", "How many rows to show."),
)
_PIVOT = Parameter(
    "pivot",
    _name(DIMENSIONS, FIELD_PREFIX),
    "Группировка, значения которой станут столбцами; в ячейках — первый показатель.",
    "The dimension whose values become columns; cells show the first metric.",
)
REPORT = ParameterTable((*_QUESTION, _PIVOT), is_strict=True)
ROWS = ParameterTable(
    (
        *_QUESTION,
        Repeated(
            "key",
            Text(TEXT_LENGTH_MAX),
            "Значение строки по каждой группировке, по порядку; пустое, если значения нет.",
            "The row's value for each dimension, in order; a value that the row does not have is empty.",
            count_max=BY_MAX,
            keeps_empty=True,
        ),
        Parameter(
            "side",
            _one_of([COMPARED]),
            "Строки, по которым посчитана цифра за период сравнения (compare).",
            "The rows behind the figure of the compared period (compare).",
        ),
        Parameter("offset", Integer(), "Сколько строк пропустить.", "How many rows to skip."),
    ),
    is_strict=True,
)


def raw_question_of(sent: Sent) -> RawQuestion:
    """Return the parameters that define a report, as strings that are not parsed yet."""
    said = {name: sent.get(name, "") for name in REPORT.named}
    return RawQuestion(
        by=said["by"],
        pivot=said["pivot"],
        metrics=said["metrics"],
        period=said["period"],
        first=said["from"],
        last=said["to"],
        model=said["model"],
        models=said["models"],
        date_of=said["date"],
        compare=said["compare"],
        filters=tuple(sent.get("filter", ())),
        segment=said["segment"],
        sort=said["sort"],
        limit=said["limit"],
    )


def figure_of(sent: Sent, context: QuestionContext) -> Figure:
    """Return the figure (a number in a report) whose rows the request asks for.

    Raises:
        InvalidParameters: one violation for each unknown or unsuitable value, with the valid values.
    """
    side = sent.get("side", "")
    return parse_figure(raw_question_of(sent), sent.get("key", []), sent.get("offset", 0), context, side=side)
