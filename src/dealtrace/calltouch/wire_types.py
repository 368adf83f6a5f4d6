"""The parameter types that only the Calltouch API has: amounts, local times, tags, ids of visits."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dealtrace.attribution.cost import COST_KOPECKS_MAX, KOPECKS_PER_RUBLE
from dealtrace.dates_and_times import (
    TIME_PATTERN,
    YEAR_FIRST,
    YEAR_MAX,
    YEAR_MIN,
    ClockForm,
    FirstPart,
    json_pattern,
    read_clock,
    read_day,
    read_exact_clock,
    read_time,
)
from dealtrace.deals.amount import AMOUNT_LENGTH_MAX, parse_amount
from dealtrace.deals.written_number import whole_digits, without_blanks_between_thousands
from dealtrace.errors import InvalidValue
from dealtrace.files.pbx_vocabulary import is_answered
from dealtrace.http.parameter_types import Text
from dealtrace.leads.limits import TAG_LENGTH_MAX, TAGS_MAX
from dealtrace.plain_text import plain, stripped
from dealtrace.record import record
from dealtrace.whole_number import parse_whole_number

_SECONDS = re.compile(r"(?P<whole>[0-9]+)(?:(?:\.|,(?![0-9]{3}\Z))(?P<decimals>[0-9]+))?")
DOTTED = ClockForm(FirstPart.DAY, ".")
DASHED = ClockForm(FirstPart.DAY, "-")
SLASHED = ClockForm(FirstPart.DAY, "/")
SLASHED_MONTH_FIRST = ClockForm(FirstPart.MONTH, "/")
SLASHED_YEAR_FIRST = ClockForm(FirstPart.YEAR, "/")
_SHOWN: Mapping[ClockForm, tuple[str, str]] = {
    DOTTED: ("dd.mm.yyyy", "26.03.2018"),
    DASHED: ("dd-mm-yyyy", "26-03-2018"),
    YEAR_FIRST: ("yyyy-mm-dd", "2018-03-26"),
    SLASHED: ("dd/mm/yyyy", "26/03/2018"),
    SLASHED_MONTH_FIRST: ("mm/dd/yyyy", "03/26/2018"),
    SLASHED_YEAR_FIRST: ("yyyy/mm/dd", "2018/03/26"),
}
"""Maps each date format to its pattern and an example, for messages."""


@record
class Amount:
    """An amount in rubles with up to four decimals."""

    erased: None = None

    def read(self, text: str) -> Decimal:
        """Parse an amount as a decimal number of rubles."""
        return parse_amount(text)

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "pattern": r"^[+-]?[0-9\s]+([.,][0-9]*)?$", "maxLength": AMOUNT_LENGTH_MAX}


@record
class CostAmount:
    """A cost in rubles, zero or more, in the same format as `Amount`.

    Ours: the cost is stored in kopecks, rounded half up. A negative cost is refused; to correct a cost, send the
    correct cost with `costs-import/update`.
    """

    erased: None = None

    def read(self, text: str) -> int:
        """Parse a cost as a whole number of kopecks."""
        kopecks = int((Amount().read(text) * KOPECKS_PER_RUBLE).to_integral_value(ROUND_HALF_UP))
        if not 0 <= kopecks <= COST_KOPECKS_MAX:
            most = COST_KOPECKS_MAX // KOPECKS_PER_RUBLE
            raise InvalidValue(
                f"ожидается сумма в рублях от 0 до {most}", f"an amount in rubles from 0 to {most} is expected"
            )
        return kopecks

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "pattern": r"^\+?[0-9\s]+([.,][0-9]*)?$", "maxLength": AMOUNT_LENGTH_MAX}


@record
class WallClock:
    """A date and time in the site's time zone; `form` is the format, by default `dd.mm.yyyy hh:mm:ss`.

    If `is_exact` is true, fractions of a second are kept, because the end of a call depends on them.
    Vendor: «Формат dd.mm.yyyy%20hh:mm:ss».
    """

    form: ClockForm = DOTTED
    is_exact: bool = False
    erased: None = None

    def read(self, text: str) -> datetime:
        """Parse a naive date and time; the caller applies the site's time zone."""
        clock = (read_exact_clock if self.is_exact else read_clock)(text, self.form)
        if clock is None:
            shown, example = _SHOWN[self.form]
            raise InvalidValue(
                f"ожидается дата {shown} hh:mm:ss с {YEAR_MIN} по {YEAR_MAX} год, например {example} 10:00:00",
                f"a date in the form {shown} hh:mm:ss, from {YEAR_MIN} to {YEAR_MAX}, is expected, "
                f"such as {example} 10:00:00",
            )
        return clock

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "pattern": json_pattern(self.form.clock)}


@record
class Seconds:
    """A duration in seconds.

    Ours: decimals are read, since PBXs and spreadsheets send them; the vendor shows whole numbers only.
    A comma before three digits may separate thousands, so such a duration is refused.
    """

    most: timedelta
    erased: None = None

    def read(self, text: str) -> timedelta:
        """Parse a duration, with fractions of a second."""
        found = _SECONDS.fullmatch(plain(without_blanks_between_thousands(stripped(text))))
        whole = parse_whole_number(found["whole"]) if found is not None else None
        if found is None or whole is None or whole > (most := self.most // timedelta(seconds=1)):
            raise self._fault()
        duration = timedelta(seconds=whole + float(f"0.{found['decimals'] or 0}"))
        if duration > timedelta(seconds=most):
            raise self._fault()
        return duration

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "number", "minimum": 0, "maximum": self.most // timedelta(seconds=1)}

    def _fault(self) -> InvalidValue:
        most = self.most // timedelta(seconds=1)
        return InvalidValue(
            f"ожидается число секунд от 0 до {most}, например 65 или 65.5",
            f"must be a number of seconds from 0 to {most}, such as 65 or 65.5",
        )


@record
class AnsweredStatus:
    """The type of a call's outcome (answered or missed): one of the vendor's words, or of the words in PBXs' call logs.

    Ours: PBXs send their own words, such as `NO ANSWER`. Nobody would notice a refusal there, and the call would be
    lost.
    """

    erased: None = None

    def read(self, text: str) -> bool:
        """Return `True` for an answered call and `False` for a missed one."""
        answered = is_answered(text)
        if answered is None:
            raise InvalidValue(
                "ожидается successful, unsuccessful или статус звонка из АТС, например ANSWERED, NO ANSWER, BUSY",
                "must be successful, unsuccessful, or a status written by a PBX, such as ANSWERED, NO ANSWER or BUSY",
            )
        return answered

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "enum": ["successful", "unsuccessful"]}


@record
class VisitRef:
    """The id of a visit, as scripts on web pages send it.

    Ours: `0`, `null`, `undefined` and any other string that is not an id mean that there is no visit. The vendor
    refuses the whole lead request, but losing the client is worse than losing the source. Quotes around an id, which
    scripts keep in their storage as JSON, are ignored.
    """

    erased: None = None

    def read(self, text: str) -> int | None:
        """Return the id in `text`, or `None` if `text` is not an id."""
        return parse_whole_number(whole_digits(stripped(text).strip("\"'"))) or None

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string"}


@record
class SlashDay:
    """A day in the site's time zone: `dd/mm/yyyy`, or with `month_first` either `mm/dd/yyyy` or `yyyy/mm/dd`."""

    month_first: bool = False
    erased: None = None

    def read(self, text: str) -> date:
        """Parse a date."""
        return _read_day(text, self._forms)

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return _day_schema(self._forms)

    @property
    def _forms(self) -> tuple[ClockForm, ...]:
        return (SLASHED_MONTH_FIRST, SLASHED_YEAR_FIRST) if self.month_first else (SLASHED,)


@record
class CostDay:
    """A day in the site's time zone, in one of three common formats.

    Ours: `dd.mm.yyyy`, `dd/mm/yyyy` and `yyyy-mm-dd` are accepted, since the vendor does not document the format.
    """

    erased: None = None

    def read(self, text: str) -> date:
        """Parse a date."""
        return _read_day(text, _COST_DAY_FORMS)

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return _day_schema(_COST_DAY_FORMS)


_COST_DAY_FORMS = (DOTTED, SLASHED, YEAR_FIRST)


def _read_day(text: str, forms: Sequence[ClockForm]) -> date:
    day = read_day(text, *forms)
    if day is None:
        shown = ", ".join(_SHOWN[form][0] for form in forms)
        example = _SHOWN[forms[0]][1]
        raise InvalidValue(
            f"ожидается дата {shown} с {YEAR_MIN} по {YEAR_MAX} год, например {example}",
            f"a date in the form {shown}, from {YEAR_MIN} to {YEAR_MAX}, is expected, such as {example}",
        )
    return day


def _day_schema(forms: Sequence[ClockForm]) -> Mapping[str, object]:
    patterns = [{"pattern": json_pattern(form.day)} for form in forms]
    return {"type": "string", **(patterns[0] if len(patterns) == 1 else {"anyOf": patterns})}


@record
class DayClock:
    """A time of day in the site's time zone, `hh:mm:ss`."""

    erased: None = None

    def read(self, text: str) -> time:
        """Parse a naive time of day."""
        clock = read_time(text)
        if clock is None:
            raise InvalidValue(
                "ожидается время hh:mm:ss, например 09:30:00",
                "a time in the form hh:mm:ss is expected, such as 09:30:00",
            )
        return clock

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "pattern": TIME_PATTERN}


@record
class Tags:
    """Comma-separated tags; they are trimmed and keep their order, and empty and repeated tags are dropped.

    Vendor: «Можно передавать более одного тега через запятую».
    """

    erased: tuple[str, ...] = ()

    def read(self, text: str) -> tuple[str, ...]:
        """Parse tags as a tuple."""
        tags = tuple(dict.fromkeys(tag for part in text.split(",") if (tag := stripped(part))))
        if len(tags) > TAGS_MAX:
            raise InvalidValue(
                f"тегов {len(tags)}, допускается не более {TAGS_MAX}",
                f"{len(tags)} tags were sent; at most {TAGS_MAX} are allowed",
            )
        if any(len(tag) > TAG_LENGTH_MAX for tag in tags):
            raise InvalidValue(
                f"тег длиннее {TAG_LENGTH_MAX} символов", f"a tag is longer than {TAG_LENGTH_MAX} characters"
            )
        return tags

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string"}


@record
class TagObjects(Tags):
    """Tags sent as a list of objects; an object may also have several comma-separated tags."""

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        tag = {"type": "object", "properties": {"tag": {"type": "string", "maxLength": TAG_LENGTH_MAX}}}
        return {"type": "array", "maxItems": TAGS_MAX, "items": tag}


@record
class ManagerObjects(Text):
    """Managers, sent as a list of objects."""

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        said = {"manager": {"type": "string", "maxLength": self.length_max}}
        return {"type": "array", "items": {"type": "object", "properties": said}}


@record
class Names(Text):
    """A list of names."""

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "array", "minItems": 1, "items": {"type": "string", "maxLength": self.length_max}}


@record
class MatchingElements(Text):
    """The searches for a lead, sent as a list of objects; `type` is the kind of search.

    `params` has the other keys that such an object may have, each with the keys of the object that is its value.
    """

    params: Mapping[str, Sequence[str]] = field(kw_only=True)

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        kind: Mapping[str, object] = {"type": "string"}
        params = {
            name: {"type": "object", "properties": {key: {} for key in keys}} for name, keys in self.params.items()
        }
        element = {"type": "object", "required": ["type"], "properties": {"type": kind, **params}}
        return {"type": "array", "minItems": 1, "items": element}


@record
class NamedValues:
    """The fields of a form, sent as a list of objects; this type only describes them, and the endpoint parses them."""

    length_max: int
    erased: None = None

    def read(self, text: str) -> str:
        """Return `text` unchanged."""
        return text

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        texts = {name: {"type": "string"} for name in ("name", "type")}
        field = {**texts, "value": {"type": "string", "maxLength": self.length_max}}
        return {"type": "array", "items": {"type": "object", "properties": field}}


@record
class FieldObjects(Text):
    """Values of custom fields, sent as a list of objects."""

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        said = {"field": {"type": "string"}, "value": {"type": "string", "maxLength": self.length_max}}
        return {"type": "array", "items": {"type": "object", "required": ["field"], "properties": said}}
