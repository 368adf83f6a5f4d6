"""The question of a report in words: its comparison, dates, order and filters, for pages and files for people."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from dealtrace.attribution.model_labels import model_label
from dealtrace.errors import Language, text_in
from dealtrace.files.reports.filter_words import LabelValue, filter_in_words, in_language, label_of_value
from dealtrace.files.row_writers import FileNote
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import Filter, format_filter
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Comparison
from dealtrace.reports.question import DateOf, Question, Sort
from dealtrace.reports.reading.compared_times import lacking_data_text

COMPARISONS: Mapping[Comparison, tuple[str, str]] = {
    Comparison.PREVIOUS: ("С предыдущим периодом", "Previous period"),
    Comparison.YEAR: ("С прошлым годом", "A year earlier"),
    Comparison.WEEKDAYS: ("С теми же днями недели", "Same weekdays"),
    Comparison.MONTHS: ("С прошлым месяцем", "A month earlier"),
}
"""The Russian and the English label of each comparison."""
DATES: Mapping[DateOf, tuple[str, str]] = {
    DateOf.DEAL: ("Дата сделки", "Date of the deal"),
    DateOf.LEAD: ("Дата лида", "Date of the lead"),
    DateOf.CHANGED: ("Дата изменения", "Date of the change"),
}
"""The Russian and the English label of each date by which deals are counted."""
ALL_MODELS_SIDE_BY_SIDE = ("Все модели рядом", "All models side by side")
_ORDERS: Mapping[Language, tuple[str, str, str]] = {
    "ru": ("по возрастанию", "по убыванию", "изменение"),
    "en": ("ascending", "descending", "change"),
}
"""Words for both orders of rows, and for the change in a metric by which rows are sorted."""


@record
class QuestionWords:
    """How a file for people writes its question: the language, days, and the values with which filters compare keys."""

    language: Language
    format_day: Callable[[date], str]
    label_value: LabelValue


def plain_words(language: Language) -> QuestionWords:
    """Return the words of files that no page shows: labels instead of codes, but days as `yyyy-mm-dd`.

    Values that are times, such as months, are written as in URLs (`2018-03`).
    """
    return QuestionWords(language, date.isoformat, label_of_value(language))


def notes_in_words(report: Report, words: QuestionWords) -> Iterator[FileNote]:
    """Yield a note for each setting of a report, in words."""
    question, compared, language = report.question, report.compared_period, words.language
    yield FileNote("from", "С", words.format_day(question.period.first_on))
    yield FileNote("to", "По", words.format_day(question.period.last_on))
    if question.comparison is not None and compared is not None:
        yield FileNote("compare", "Сравнение", in_language(language, COMPARISONS[question.comparison]), "Comparison")
        yield FileNote("compared from", "Сравнение с", words.format_day(compared.first_on))
        yield FileNote("compared to", "Сравнение по", words.format_day(compared.last_on))
        if lacking := lacking_data_text(report, language, words.format_day):
            yield FileNote("compared data", "Данные для сравнения", lacking)
    yield FileNote("by", "Группировки", titles_of(question.by, language), "Grouped by")
    yield FileNote("metrics", "Показатели", titles_of(question.metrics, language))
    model = question.model
    label = model_label(model, language) if model is not None else in_language(language, ALL_MODELS_SIDE_BY_SIDE)
    yield FileNote("model", "Модель атрибуции", label)
    yield FileNote("date", "Сделки по", in_language(language, DATES[question.date_of]), "Deals by")
    for condition in question.filters:
        yield FileNote("filter", "Условие", _filter_text(condition, words))


def sort_in_words(sort: Sort, question: Question, language: Language) -> str:
    """Return the order of rows in words: the title of the metric or dimension, and whether rows ascend or descend."""
    sortable: tuple[Dimension | Metric, ...] = (*question.by, *question.metrics)
    titles = {each.name: text_in(language, each) for each in sortable}
    rising, falling, change = _ORDERS[language]
    title = titles.get(sort.name, sort.name)
    return f"{title}{f' ({change})' if sort.is_by_change else ''}, {falling if sort.is_descending else rising}"


def titles_of(named: Iterable[Dimension | Metric], language: Language) -> str:
    """Return the titles of dimensions or metrics, joined by commas."""
    return ", ".join(text_in(language, each) for each in named)


def _filter_text(condition: Filter, words: QuestionWords) -> str:
    dimension = condition.dimension
    return filter_in_words(format_filter(condition), {dimension.name: dimension}, words.language, words.label_value)
