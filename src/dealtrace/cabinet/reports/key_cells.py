"""Labels and cells of the keys of reports, which are the values by which rows are grouped, such as weeks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from dealtrace.cabinet.formats import MONTHS, day, day_span, month
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.source_drilldown import key_url
from dealtrace.errors import InvalidValue, Language
from dealtrace.files.reports.code_labels import CODE_LABELS, label_of_code
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.periods import DAYS_OF_WEEK
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.reading.compared_times import ComparedTime, ComparedTimes, compared_text, compared_times_of
from dealtrace.reports.reading.meanings import key_meaning
from dealtrace.reports.reading.partial_times import PartialTimes, is_partial, partial_text, partial_times_of
from dealtrace.reports.time_keys import number_of_key


def key_label(dimension: Dimension, key: str, language: Language) -> str:
    """Return the label of a key; a key that needs none is returned unchanged."""
    if key in CODE_LABELS.get(dimension.name, {}):
        return label_of_code(dimension.name, key, language)
    match dimension.name:
        case "day":
            return day_label(key, language)
        case "week":
            first_on = date.fromordinal(number_of_key("week", key) * DAYS_OF_WEEK + 1)
            return day_span(language, first_on, first_on + timedelta(days=DAYS_OF_WEEK - 1))
        case "month":
            return month(language, date.fromisoformat(f"{key}-01"))
        case "quarter":
            year, quarter = key.split("-Q")
            return f"{quarter} кв. {year}" if language == "ru" else f"Q{quarter} {year}"
        case _:
            return key


def value_label(dimension: Dimension | None, value: str, language: Language) -> str:
    """Return the label of a value that a filter compares with; if the value is not a valid key, return it unchanged."""
    if dimension is None:
        return value
    try:
        if dimension.is_time:
            number_of_key(dimension.name, value)
    except InvalidValue:
        return value
    return key_label(dimension, value, language)


def missing_key_label(dimension: Dimension, translate: Callable[[str], str]) -> str:
    """Return the label that is shown for a missing key, with the reason if it is known."""
    if dimension.name == "client_kind":
        return translate("(client unknown: the deal has no lead)")
    if dimension.name == "source":
        return translate("(no source)")
    return translate("(nothing)")


def part_label(
    times: Mapping[Dimension, PartialTimes], dimension: Dimension, key: str | None, language: Language
) -> str:
    """Return a label for the counted part of a time span, such as a week; empty if the whole span is counted.

    It is also empty if the key is not a time span. `times` are the spans that the report counts only in part.
    """
    found = times.get(dimension, {}).get(key) if key is not None else None
    return partial_text(found, language, partial(day, language)) if found is not None else ""


def compared_time_label(
    times: Mapping[Dimension, ComparedTimes], dimension: Dimension, key: str | None, language: Language
) -> str:
    """Return a label for the time span with which the span of this key is compared; empty if there is no such span.

    `times` has the compared span for each time span of the report. A whole month or quarter is shown by its name.
    Other spans are shown by their first and last day, with years, since the labels of days and weeks usually have none.
    """
    found = times.get(dimension, {}).get(key) if key is not None else None
    return compared_text(found, language, partial(_compared_days, dimension, language)) if found is not None else ""


def _compared_days(dimension: Dimension, language: Language, compared: ComparedTime) -> str:
    assert compared.days is not None
    if compared.is_whole and dimension.name in ("month", "quarter"):
        label = key_label(dimension, compared.key, language)
        return label.lower() if language == "ru" else label
    first, last = (day(language, each) for each in (compared.days.first_on, compared.days.last_on))
    return first if first == last else f"{first} – {last}"


def time_label(*texts: str) -> str:
    """Join the labels that are shown next to a time span, such as its counted part; empty labels are left out."""
    return "; ".join(filter(None, texts))


def day_label(key: str, language: Language) -> str:
    """Format a day without its year: 30 окт."""
    on = date.fromisoformat(key)
    return f"{on.day}\u00a0{MONTHS[language][on.month - 1]}"


@record
class KeyCell:
    """The key of a row: its text, the URL of the report filtered by it, and whether the key is missing.

    `meaning` explains the key; it is empty for most keys. If the key is a time span, such as a week, `part` gives the
    counted part of the span, if not all of it is counted, and the span with which it is compared, if there is one.
    """

    text: str
    url: str
    is_missing: bool
    meaning: str = ""
    part: str = ""


def keys_before(
    placed: Iterable[tuple[Dimension, str | None]], times: Mapping[Dimension, ComparedTimes]
) -> list[tuple[Dimension, str | None]]:
    """Return `placed` with each key replaced by the key with which it is compared, such as a day by the day before."""
    return [
        (dimension, times[dimension][key].key if key is not None and key in times.get(dimension, {}) else key)
        for dimension, key in placed
    ]


class KeyCellBuilder:
    """Shapes the keys of a report's rows into cells; without `url`, the cells have no links."""

    def __init__(
        self, answered: Report | Pivot, url: ReportUrl | None, language: Language, translate: Callable[[str], str]
    ) -> None:
        self._question = (answered.report if isinstance(answered, Pivot) else answered).question
        self._url, self._language, self._translate = url, language, translate
        self._partial_times = partial_times_of(answered)
        self._compared_times = compared_times_of(answered)

    def has_partial(self, keys: Sequence[str | None]) -> bool:
        """Return whether a key of a row is a time span that the report counts only in part."""
        return is_partial(self._question.by, keys, self._partial_times)

    def cells(self, keys: Sequence[str | None]) -> tuple[KeyCell, ...]:
        """Return the keys of a row as cells, each with the URL of the report that is filtered by it."""
        return tuple(
            self.cell(dimension, key, key_url(self._url, self._question, keys, place) if self._url is not None else "")
            for place, (dimension, key) in enumerate(zip(self._question.by, keys, strict=False))
        )

    def cell(self, dimension: Dimension, key: str | None, url: str) -> KeyCell:
        """Return a key as a cell that leads to `url`."""
        return KeyCell(
            key_label(dimension, key, self._language)
            if key is not None
            else missing_key_label(dimension, self._translate),
            url,
            key is None,
            key_meaning(dimension, key, self._language),
            time_label(
                part_label(self._partial_times, dimension, key, self._language),
                compared_time_label(self._compared_times, dimension, key, self._language),
            ),
        )

    def compared_keys(self, placed: Iterable[tuple[Dimension, str | None]]) -> list[tuple[Dimension, str | None]]:
        """Return `placed` with each key replaced by the key with which it is compared; see `keys_before`."""
        return keys_before(placed, self._compared_times)
