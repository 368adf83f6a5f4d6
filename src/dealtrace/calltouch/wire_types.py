"""What a parameter's text may be in the words of this API alone: sums, wall clocks, tags, ids of visits."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dealtrace.deals.amount import AMOUNT_MAX, AMOUNT_STEP
from dealtrace.errors import InvalidValue
from dealtrace.http.parameter_types import DIGITS_MAX, ID_MAX, Text
from dealtrace.leads.limits import TAG_LENGTH_MAX, TAGS_MAX, YEAR_MAX, YEAR_MIN
from dealtrace.record import record

AMOUNT_LENGTH_MAX = 100


@record
class Amount:
    """A sum in rubles, kept to four decimals.

    Ours: a comma or a point, spaces and no-break spaces between digits, and a minus are understood; digits beyond
    the fourth decimal are rounded half up.
    """

    erased: None = None

    def read(self, text: str) -> Decimal:
        """Read the sum."""
        plain = text.translate(_NO_SPACES).replace(",", ".")
        if len(plain) > AMOUNT_LENGTH_MAX or not _AMOUNT.fullmatch(plain):
            raise InvalidValue(
                "ожидается сумма в рублях, например 1000 или 1000.50",
                "a sum in rubles is expected, such as 1000 or 1000.50",
            )
        amount = Decimal(plain)
        if abs(amount) > AMOUNT_MAX:
            raise InvalidValue(f"сумма по модулю больше {AMOUNT_MAX}", f"the sum is beyond {AMOUNT_MAX}")
        return amount.quantize(AMOUNT_STEP, ROUND_HALF_UP)

    def schema(self) -> Mapping[str, Any]:
        """Describe a sum."""
        return {"type": "string", "pattern": r"^[+-]?[0-9\s]+([.,][0-9]*)?$", "maxLength": AMOUNT_LENGTH_MAX}


_NO_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")
_AMOUNT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


@record
class WallClock:
    """A date and time of the site's wall clock, `dd.mm.yyyy hh:mm:ss`, without a zone.

    Seed: «Формат dd.mm.yyyy%20hh:mm:ss».
    """

    erased: None = None

    def read(self, text: str) -> datetime:
        """Read the wall clock; the site's zone is the caller's to apply."""
        if _WALL_CLOCK.fullmatch(text):
            try:
                clock = datetime.fromisoformat(f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}")
            except ValueError:
                clock = None
            if clock is not None and YEAR_MIN <= clock.year <= YEAR_MAX:
                return clock
        raise InvalidValue(
            f"ожидается дата dd.mm.yyyy hh:mm:ss с {YEAR_MIN} по {YEAR_MAX} год, например 26.03.2018 10:00:00",
            f"a date dd.mm.yyyy hh:mm:ss of {YEAR_MIN} to {YEAR_MAX} is expected, such as 26.03.2018 10:00:00",
        )

    def schema(self) -> Mapping[str, Any]:
        """Describe a wall clock."""
        return {"type": "string", "pattern": f"^{_WALL_CLOCK.pattern}$"}


_WALL_CLOCK = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}")


@record
class DashClock:
    """A date and time of the site's wall clock with dashes: `dd-mm-yyyy hh:mm:ss`, or the year first."""

    year_first: bool = False
    erased: None = None

    def read(self, text: str) -> datetime:
        """Read the wall clock; the site's zone is the caller's to apply."""
        if self._pattern.fullmatch(text):
            day = text[:10] if self.year_first else f"{text[6:10]}-{text[3:5]}-{text[:2]}"
            try:
                clock = datetime.fromisoformat(f"{day}T{text[11:]}")
            except ValueError:
                clock = None
            if clock is not None and YEAR_MIN <= clock.year <= YEAR_MAX:
                return clock
        form, example = (
            ("yyyy-mm-dd hh:mm:ss", "2018-03-26 10:00:00")
            if self.year_first
            else ("dd-mm-yyyy hh:mm:ss", "26-03-2018 10:00:00")
        )
        raise InvalidValue(
            f"ожидается дата {form} с {YEAR_MIN} по {YEAR_MAX} год, например {example}",
            f"a date {form} of {YEAR_MIN} to {YEAR_MAX} is expected, such as {example}",
        )

    def schema(self) -> Mapping[str, Any]:
        """Describe a wall clock."""
        return {"type": "string", "pattern": f"^{self._pattern.pattern}$"}

    @property
    def _pattern(self) -> re.Pattern[str]:
        return _YEAR_FIRST_CLOCK if self.year_first else _DASH_CLOCK


_DASH_CLOCK = re.compile(r"[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_YEAR_FIRST_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


@record
class VisitRef:
    """The id of a visit, as the scripts of pages send it.

    Ours: `0`, `null`, `undefined` and whatever else is no id mean that there is no visit. The vendor refuses the
    whole lead request over it; a person who turned to the business is worth more than the source.
    """

    erased: None = None

    def read(self, text: str) -> int | None:
        """Read the id, if it is one."""
        digits = text.strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
            return None
        return int(digits) if 0 < int(digits) <= ID_MAX else None

    def schema(self) -> Mapping[str, Any]:
        """Describe a visit's id."""
        return {"type": "string"}


@record
class SlashDay:
    """A day of the site, `dd/mm/yyyy`, or as the journal of lead requests has it: `mm/dd/yyyy`, `yyyy/mm/dd`."""

    month_first: bool = False
    erased: None = None

    def read(self, text: str) -> date:
        """Read the day."""
        if self._pattern.fullmatch(text):
            first, second, third = (int(part) for part in text.split("/"))
            day, month, year = first, second, third
            if self.month_first:
                day, month, year = (third, second, first) if first > MONTHS_AND_DAYS_MAX else (second, first, third)
            try:
                if YEAR_MIN <= year <= YEAR_MAX:
                    return date(year, month, day)
            except ValueError:
                pass
        form, example = (
            ("mm/dd/yyyy (или yyyy/mm/dd)", "03/26/2018") if self.month_first else ("dd/mm/yyyy", "26/03/2018")
        )
        raise InvalidValue(
            f"ожидается дата {form} с {YEAR_MIN} по {YEAR_MAX} год, например {example}",
            f"a date {form.replace('или', 'or')} of the years {YEAR_MIN} to {YEAR_MAX} is expected, such as {example}",
        )

    def schema(self) -> Mapping[str, Any]:
        """Describe a day."""
        return {"type": "string", "pattern": f"^{self._pattern.pattern}$"}

    @property
    def _pattern(self) -> re.Pattern[str]:
        return _MONTH_OR_YEAR_FIRST if self.month_first else _SLASH_DAY


MONTHS_AND_DAYS_MAX = 31
"""A first number beyond it is a year."""
_SLASH_DAY = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")
_MONTH_OR_YEAR_FIRST = re.compile(r"(?:[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2})")


@record
class DayClock:
    """A time of the site's day, `hh:mm:ss`; a single digit of the hour and missing seconds are understood."""

    erased: None = None

    def read(self, text: str) -> time:
        """Read the time."""
        if _DAY_CLOCK.fullmatch(text):
            return time(*map(int, text.split(":")))  # type: ignore[arg-type]  # at most three of them
        raise InvalidValue(
            "ожидается время hh:mm:ss, например 09:30:00", "a time hh:mm:ss is expected, such as 09:30:00"
        )

    def schema(self) -> Mapping[str, Any]:
        """Describe a time."""
        return {"type": "string", "pattern": f"^{_DAY_CLOCK.pattern}$"}


_DAY_CLOCK = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?")


@record
class Tags:
    """Tags, comma-separated: trimmed, without empty ones and repetitions, in the order sent.

    Seed: «Можно передавать более одного тега через запятую».
    """

    erased: tuple[str, ...] = ()

    def read(self, text: str) -> tuple[str, ...]:
        """Read the tags."""
        tags = tuple(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))
        if len(tags) > TAGS_MAX:
            raise InvalidValue(
                f"тегов {len(tags)}, допускается не более {TAGS_MAX}",
                f"{len(tags)} tags, no more than {TAGS_MAX} are allowed",
            )
        if any(len(tag) > TAG_LENGTH_MAX for tag in tags):
            raise InvalidValue(
                f"тег длиннее {TAG_LENGTH_MAX} символов", f"a tag is longer than {TAG_LENGTH_MAX} characters"
            )
        return tags

    def schema(self) -> Mapping[str, Any]:
        """Describe tags."""
        return {"type": "string"}


@record
class TagObjects(Tags):
    """Tags as a list of objects; a comma parts tags there too, so that any tag may be written in either way."""

    def schema(self) -> Mapping[str, Any]:
        """Describe the list."""
        tag = {"type": "object", "properties": {"tag": {"type": "string", "maxLength": TAG_LENGTH_MAX}}}
        return {"type": "array", "maxItems": TAGS_MAX, "items": tag}


@record
class ManagerObjects(Text):
    """Managers as a list of objects."""

    def schema(self) -> Mapping[str, Any]:
        """Describe the list."""
        said = {"manager": {"type": "string", "maxLength": self.length_max}}
        return {"type": "array", "items": {"type": "object", "properties": said}}


@record
class Names(Text):
    """A list of names."""

    def schema(self) -> Mapping[str, Any]:
        """Describe the list."""
        return {"type": "array", "minItems": 1, "items": {"type": "string", "maxLength": self.length_max}}


@record
class MatchingElements(Text):
    """The ways of naming a lead, as a list of objects that differ by their type."""

    def schema(self) -> Mapping[str, Any]:
        """Describe the list."""
        element = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}
        return {"type": "array", "minItems": 1, "items": element}


@record
class FieldObjects(Text):
    """Values of custom fields as a list of objects; each value is a text of its own."""

    def schema(self) -> Mapping[str, Any]:
        """Describe the list."""
        said = {"field": {"type": "string"}, "value": {"type": "string", "maxLength": self.length_max}}
        return {"type": "array", "items": {"type": "object", "required": ["field"], "properties": said}}
