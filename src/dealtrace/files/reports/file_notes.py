"""The notes of a file with a report or a pivot: its period, filters and other settings, and what readers must know."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from dealtrace.errors import Language
from dealtrace.files.reports.question_words import QuestionWords, notes_in_words, sort_in_words, titles_of
from dealtrace.files.row_writers import FileNote
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import format_filter, format_names, searches_what_is_shown
from dealtrace.reports.metrics import Metric
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import ALL_MODELS, Question, format_sort
from dealtrace.reports.reading.compared_times import compared_lines, lacking_data_text
from dealtrace.reports.reading.days_lacking_costs import known_costs_text
from dealtrace.reports.reading.overlap import overlap_text, undivided_text
from dealtrace.reports.reading.partial_times import partial_lines

_SEARCHES_MASKED: Mapping[Language, str] = {
    "ru": "в значениях, где шёл поиск, скрыты телефоны и почта; у тех, кому видны контакты, может найтись больше",
    "en": "phones and e-mails are masked in the searched values; people who may see contacts may find more",
}


def question_notes(report: Report, words: QuestionWords | None) -> Iterator[FileNote]:
    """Yield a note for each setting of a report, such as its period, metrics and filters, and for unknown metrics.

    Files for people have the notes in `words`; if these are `None`, the file is for programs and has codes.
    """
    question, language = report.question, words.language if words is not None else "en"
    yield from notes_in_words(report, words) if words is not None else _notes_in_codes(report)
    yield from masked_search_notes(question, language)
    if question.sort is not None:
        in_words = sort_in_words(question.sort, question, language) if words is not None else format_sort(question.sort)
        yield FileNote("sort", "Порядок", in_words)
    yield FileNote("rows", "Строк", f"{len(report.rows)} / {report.rows_total}")
    if undivided := undivided_text(question, language):
        yield FileNote("not known in rows", "Неизвестно в строках", undivided)
    if overlap := overlap_text(question, language):
        yield FileNote("adds up", "Итог", overlap)
    format_day = words.format_day if words is not None else date.isoformat
    if lacking_costs := known_costs_text(report, language, format_day):
        yield FileNote("known costs", "Расходы известны", lacking_costs)
    if report.lacking_won:
        lacking = titles_of(report.lacking_won, language) if words is not None else _names_of(report.lacking_won)
        yield FileNote(
            "unknown without won statuses", "Неизвестны, пока не отмечены статусы выигранных сделок", lacking
        )


def _notes_in_codes(report: Report) -> Iterator[FileNote]:
    """Yield a note for each setting of a report, as it is written in URLs."""
    question, compared, model = report.question, report.compared_period, report.question.model
    yield FileNote("from", "С", question.period.first_on.isoformat())
    yield FileNote("to", "По", question.period.last_on.isoformat())
    if question.comparison is not None and compared is not None:
        yield FileNote("compare", "Сравнение", question.comparison.value)
        yield FileNote("compared from", "Сравнение с", compared.first_on.isoformat())
        yield FileNote("compared to", "Сравнение по", compared.last_on.isoformat())
        if lacking := lacking_data_text(report, "en"):
            yield FileNote("compared data", "Данные для сравнения", lacking)
    yield FileNote("by", "Группировки", _names_of(question.by))
    yield FileNote("metrics", "Показатели", _names_of(question.metrics))
    yield FileNote("model", "Модель атрибуции", str(int(model)) if model is not None else ALL_MODELS)
    yield FileNote("date", "Сделки по", question.date_of.value)
    for condition in question.filters:
        yield FileNote("filter", "Условие", format_filter(condition))


def _names_of(named: Iterable[Dimension | Metric]) -> str:
    return format_names(each.name for each in named)


def masked_search_notes(question: Question, language: Language) -> Iterator[FileNote]:
    """Yield a note if a filter searches strings in which contacts are masked."""
    if searches_what_is_shown(question.filters):
        yield FileNote("contains", "Поиск части текста", _SEARCHES_MASKED[language])


def time_notes(answered: Report | Pivot, language: Language) -> Iterator[FileNote]:
    """Yield notes on the periods, such as weeks, by which a report or a pivot is grouped.

    One note lists the periods that are counted only in part. Another lists the periods that are compared with a period
    of more or fewer days.
    """
    if lines := partial_lines(answered, language):
        yield FileNote("not whole", "Не целиком", "; ".join(lines))
    if lines := compared_lines(answered, language):
        yield FileNote("compared days", "Дни сравнения", "; ".join(lines))
