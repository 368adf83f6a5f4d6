"""Labels for the keys of reports, which are the values that rows are grouped by, such as codes and times."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial

from dealtrace.cabinet.formats import MONTHS, day, day_span, in_language
from dealtrace.errors import InvalidValue, Language
from dealtrace.files.reports.code_labels import CODE_LABELS
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.periods import DAYS_OF_WEEK
from dealtrace.reports.reading.compared_period import ComparedTime, ComparedTimes, compared_text
from dealtrace.reports.reading.partial_times import PartialTimes, partial_text
from dealtrace.reports.time_keys import number_of_key


def key_label(dimension: Dimension, key: str, language: Language) -> str:
    """Return the label of a key; a key that needs none is returned unchanged."""
    labels = CODE_LABELS.get(dimension.name, {}).get(key)
    if labels is not None:
        return in_language(labels, language)
    match dimension.name:
        case "day":
            return day_label(key, language)
        case "week":
            first_on = date.fromordinal(number_of_key("week", key) * DAYS_OF_WEEK + 1)
            return day_span(language, first_on, first_on + timedelta(days=DAYS_OF_WEEK - 1))
        case "month":
            year, month = key.split("-")
            return f"{MONTHS[language][int(month) - 1]} {year}"
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
    """Return which part of the time with this key is counted; empty if the key is not a time or is counted whole.

    `times` are the times that the report does not count whole.
    """
    found = times.get(dimension, {}).get(key) if key is not None else None
    return partial_text(found, language, partial(day, language)) if found is not None else ""


def compared_time_label(
    times: Mapping[Dimension, ComparedTimes], dimension: Dimension, key: str | None, language: Language
) -> str:
    """Return what the time with this key is compared with; empty if the key is not a time, or nothing is compared.

    `times` has what each time of the report is compared with. A whole month or quarter is shown by its name; other
    days are shown by the first and the last of them, with years, since days and weeks are usually shown without.
    """
    found = times.get(dimension, {}).get(key) if key is not None else None
    return compared_text(found, language, partial(_compared_days, dimension, language)) if found is not None else ""


def _compared_days(dimension: Dimension, language: Language, compared: ComparedTime) -> str:
    assert compared.days is not None
    if compared.is_whole and dimension.name in ("month", "quarter"):
        return key_label(dimension, compared.key, language)
    first, last = (day(language, each) for each in (compared.days.first_on, compared.days.last_on))
    return first if first == last else f"{first} – {last}"


def time_label(*texts: str) -> str:
    """Join the texts that are shown next to a time, such as which part of it is counted; empty texts are left out."""
    return "; ".join(filter(None, texts))


def day_label(key: str, language: Language) -> str:
    """Format a day without its year: 30 окт."""
    on = date.fromisoformat(key)
    return f"{on.day}\u00a0{MONTHS[language][on.month - 1]}"
