"""The fields of the form above a report: the available choices and the current ones."""

from collections.abc import Iterable, Mapping, Sequence

from dealtrace.attribution.model_labels import MODEL_LABELS
from dealtrace.cabinet.carried_parameters import NO_COMPARISON
from dealtrace.cabinet.choices import SelectOption, choices_among, period_choices
from dealtrace.cabinet.formats import in_language
from dealtrace.cabinet.reports.chips import Chip, chips_of
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.errors import InvalidParameters, Language, text_in
from dealtrace.files.reports.filter_words import OPERATORS
from dealtrace.files.reports.question_words import ALL_MODELS_SIDE_BY_SIDE, COMPARISONS, DATES
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS, Dimension, Kind
from dealtrace.reports.filters import Operator, escaped_name, parse_names, searches_what_is_shown, unescaped
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.periods import Comparison
from dealtrace.reports.presets import READY_QUESTIONS, ReadyQuestion
from dealtrace.reports.question import ALL_MODELS, BY_MAX, DateOf, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.meanings import GROUP_TITLES, metric_meaning


@record
class MetricChoice:
    """A metric that a one-metric table can show: its title, the URL of that table, and whether the metric is shown."""

    title: str
    url: str
    is_shown: bool


@record
class MetricOption:
    """A metric that can be chosen: its name, its title and meaning, and whether it is chosen."""

    value: str
    title: str
    meaning: str
    is_chosen: bool


@record
class MetricOptions:
    """A group of metrics that can be chosen."""

    title: str
    metrics: tuple[MetricOption, ...]


@record
class Choices:
    """The fields of the form with their choices, in order; `by` has choices for each level of grouping.

    `searches_masked` is true if a filter searches strings in which contacts are masked: people who may see contacts
    may then find more.
    """

    periods: tuple[SelectOption, ...]
    comparisons: tuple[SelectOption, ...]
    models: tuple[SelectOption, ...]
    dates: tuple[SelectOption, ...]
    by: tuple[tuple[SelectOption, ...], ...]
    pivot: tuple[SelectOption, ...]
    metrics: tuple[MetricOptions, ...]
    segments: tuple[SelectOption, ...]
    filter_dimensions: tuple[SelectOption, ...]
    operators: tuple[SelectOption, ...]
    chips: tuple[Chip, ...]
    searches_masked: bool
    first: str
    last: str

    @property
    def period(self) -> str:
        """Return the named period that is chosen, or an empty string if the report has custom dates."""
        return "".join(each.value for each in self.periods if each.is_chosen)

    @property
    def summary(self) -> tuple[str, ...]:
        """Return the chosen dimensions, pivot and model, as the heading of the fields that can be folded away."""
        levels = [label for level in (*self.by, self.pivot) for label in _chosen_labels(level)]
        return (*levels, *_chosen_labels(self.models))


@record
class ReadyLink:
    """A link to the report of a ready question: its text, its URL, and whether the page shows that report now."""

    text: str
    url: str
    is_here: bool


_COMPARISONS: Mapping[str, tuple[str, str]] = {NO_COMPARISON: ("Не сравнивать", "No comparison")} | {
    comparison.value: label for comparison, label in COMPARISONS.items()
}
assert set(_COMPARISONS) == {NO_COMPARISON, *Comparison}


def choices_of(
    url: ReportUrl, usual: Mapping[str, str], known: QuestionContext, language: Language, *, is_whole: bool
) -> Choices:
    """Return the fields of a report's form, filled in from the report's URL.

    `usual` has the values of parameters that are missing in the URL. Contacts in active filters are masked unless
    `is_whole` is true. Custom fields whose names are masked cannot be chosen.
    """
    said = {name: url.get(name) or usual.get(name, "") for name in ("period", "by", "metrics", "date")}
    has_days = bool(url.get("from") or url.get("to"))
    model = ALL_MODELS if url.get("models") else url.get("model") or str(int(known.model))
    dimensions = [*DIMENSIONS.values(), *map(known.field_dimension, known.fields)]
    offered = [each for each in dimensions if each.field not in known.field_titles]
    chosen_by = parse_names(said["by"])
    return Choices(
        periods=period_choices("" if has_days else said["period"], language),
        comparisons=_comparisons(url, usual, language),
        models=(
            *choices_among(model, {str(int(each)): label for each, label in MODEL_LABELS.items()}, language),
            SelectOption(ALL_MODELS, in_language(ALL_MODELS_SIDE_BY_SIDE, language), model == ALL_MODELS),
        ),
        dates=choices_among(said["date"] or DateOf.DEAL, DATES, language),
        by=tuple(
            _named(offered, {chosen_by[level]} if level < len(chosen_by) else set(), language)
            for level in range(BY_MAX)
        ),
        pivot=_named(offered, {unescaped(url.get("pivot"))}, language),
        metrics=_metric_options([*METRICS.values(), *known.columns.values()], parse_names(said["metrics"]), language),
        segments=tuple(SelectOption(name, name, name == url.get("segment")) for name in known.segments),
        filter_dimensions=_named([each for each in offered if each.kind is not Kind.CALENDAR], set(), language),
        operators=choices_among(Operator.IS, OPERATORS, language),
        chips=chips_of(url, dimensions, language, is_whole=is_whole),
        searches_masked=searches_masked(url, known),
        first=url.get("from"),
        last=url.get("to"),
    )


def searches_masked(url: ReportUrl, known: QuestionContext) -> bool:
    """Return whether a filter of a report, or of its segment, searches strings in which contacts are masked."""
    asked = RawQuestion(
        metrics="deals", filters=url.filters, segment=url.get("segment"), segment_of=url.get("segment_of")
    )
    try:
        return searches_what_is_shown(parse_question(asked, known).filters)
    except InvalidParameters:  # the page shows the faults
        return False


def ready_links(url: ReportUrl, language: Language) -> tuple[ReadyLink, ...]:
    """Return a link for each ready question; the links keep the filters, comparison and model of `url`.

    They keep its period too, except those of questions by month, as the usual period is shorter than a month.
    """
    return tuple(
        ReadyLink(
            text_in(language, each),
            _asked(url, each),
            (url.get("by"), url.get("metrics")) == (each.by, each.metrics),
        )
        for each in READY_QUESTIONS
    )


def _asked(url: ReportUrl, question: ReadyQuestion) -> str:
    days = {"period": question.period, "first": "", "last": ""} if question.period else {}
    reset = dict.fromkeys(("pivot", "models", "sort", "chart", "limit"), "")
    return url.link(by=question.by, metrics=question.metrics, **reset, **days)


def _comparisons(url: ReportUrl, usual: Mapping[str, str], language: Language) -> tuple[SelectOption, ...]:
    """Return the choices of comparisons.

    The usual comparison of the period has an empty value, so that links do not carry what nobody has chosen: if a
    person keeps this choice and chooses another period, the usual comparison of that period applies. “No comparison”
    has a value of its own if the URL states a comparison: a person who chooses it instead, or has chosen it, keeps it
    whatever the period. See `report_url_of` for one that was only shown.
    """
    usually, chosen = (each or NO_COMPARISON for each in (url.usual_comparison(**usual), url.comparison(**usual)))
    unstated = usually if usually != NO_COMPARISON or not url.get("compare") else ""
    return tuple(
        SelectOption(each.value if each.value != unstated else "", each.label, each.is_chosen)
        for each in choices_among(chosen, _COMPARISONS, language)
    )


def _chosen_labels(choices: Iterable[SelectOption]) -> list[str]:
    return [each.label for each in choices if each.is_chosen]


def _named(listed: Iterable[Dimension], chosen: set[str], language: Language) -> tuple[SelectOption, ...]:
    """Return the dimensions as choices; the value of each is its name in URLs."""
    return tuple(
        SelectOption(escaped_name(each.name), in_language((each.ru, each.en), language), each.name in chosen)
        for each in listed
    )


def _metric_options(metrics: Sequence[Metric], chosen: Sequence[str], language: Language) -> tuple[MetricOptions, ...]:
    """Return the metrics in their groups; empty groups are left out."""
    found = []
    for group, titles in GROUP_TITLES.items():
        options = tuple(
            MetricOption(
                escaped_name(each.name),
                in_language((each.ru, each.en), language),
                metric_meaning(each, language),
                each.name in chosen,
            )
            for each in metrics
            if each.group is group
        )
        if options:
            found.append(MetricOptions(in_language(titles, language), options))
    return tuple(found)
