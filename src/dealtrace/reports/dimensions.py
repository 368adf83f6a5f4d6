"""The table of dimensions: everything that figures can be grouped and filtered by.

A new dimension needs a line in `_TABLE`, and an SQL expression in `storage/reports/` for each `Fact` that has it.
"""

from collections.abc import Iterable, Mapping
from enum import Enum, auto

from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.leads.lead import KIND_NAMES
from dealtrace.matching.match_reason import MatchReason
from dealtrace.record import record
from dealtrace.reports.facts import OF_DEALS, Fact

FIELD_PREFIX = "field:"
"""The prefix of the name of a dimension that is a custom field."""
NEW_CLIENT, RETURNING_CLIENT = "new", "returning"
"""The keys of the dimension `client_kind`."""
PATH_ARROW, UNKNOWN_STEP = " → ", "(not set)"
"""The separator of the steps in a key of `path`, and the step for a visit whose source is unknown."""


class Kind(Enum):
    """The kind of the keys of a dimension.

    `SOURCE` keys are parts of traffic sources and `STATUS` keys are statuses; both are grouped regardless of case.
    `CALENDAR` keys are consecutive periods such as days. `CLOCK` keys recur, such as weekdays. `VISIT_CLOCK` keys recur
    too, but come from the time of the visit that led to the lead or deal. `CALENDAR`, `CLOCK` and `VISIT_CLOCK` keys
    are integers in SQL statements; see `time_keys.py`. A lead or deal may have several `TAG` keys. All other keys are
    `TEXT`.
    """

    TEXT = auto()
    SOURCE = auto()
    STATUS = auto()
    CALENDAR = auto()
    CLOCK = auto()
    VISIT_CLOCK = auto()
    TAG = auto()


_ALL = frozenset(Fact)
_VISITED = _ALL - {Fact.COSTS}
_OF_LEADS = frozenset({Fact.LEADS, Fact.DEALS, Fact.ASSISTS})


@record
class Dimension:
    """A dimension: its name, its titles in Russian and English, each `Fact` that has it, and the kind of its keys.

    If the title is not clear by itself, `meaning_ru` and `meaning_en` explain it to people. For a custom field, `field`
    is the name of that field. `keys` has all keys that the dimension can have; it is empty if any string can be a key.
    """

    name: str
    ru: str
    en: str
    facts: frozenset[Fact]
    kind: Kind = Kind.TEXT
    field: str = ""
    meaning_ru: str = ""
    meaning_en: str = ""
    keys: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Return whether rows add up to the total, that is, each lead, deal and so on has a single key."""
        return self.kind is not Kind.TAG

    @property
    def is_time(self) -> bool:
        """Return whether the keys are times, which are sorted in order of time."""
        return self.kind in (Kind.CALENDAR, Kind.CLOCK, Kind.VISIT_CLOCK)


def rows_add_up(by: Iterable[Dimension]) -> bool:
    """Return whether rows by these dimensions add up to the total, that is, no lead or deal can be in several rows."""
    return all(dimension.adds_up for dimension in by)


_TABLE = (
    Dimension("source", "Источник", "Source", _ALL, Kind.SOURCE),
    Dimension("medium", "Канал", "Medium", _ALL, Kind.SOURCE),
    Dimension("campaign", "Кампания", "Campaign", _ALL, Kind.SOURCE),
    Dimension("content", "Объявление", "Ad", _ALL, Kind.SOURCE),
    Dimension("term", "Ключевое слово", "Keyword", _ALL, Kind.SOURCE),
    Dimension("landing_page", "Страница входа", "Landing page", _VISITED),
    Dimension(
        "hour",
        "Час",
        "Hour",
        _VISITED,
        Kind.VISIT_CLOCK,
        meaning_ru="час визита, который привёл к лиду или сделке",
        meaning_en="the hour of the visit that led to the lead or deal",
    ),
    Dimension(
        "own_hour",
        "Час события",
        "Hour of the event",
        _VISITED,
        Kind.CLOCK,
        meaning_ru="час самого звонка, заявки, сделки или визита",
        meaning_en="the hour of the call, request, deal or visit itself",
    ),
    Dimension("weekday", "День недели", "Weekday", _ALL, Kind.CLOCK),
    Dimension("day", "День", "Day", _ALL, Kind.CALENDAR),
    Dimension("week", "Неделя", "Week", _ALL, Kind.CALENDAR),
    Dimension("month", "Месяц", "Month", _ALL, Kind.CALENDAR),
    Dimension("quarter", "Квартал", "Quarter", _ALL, Kind.CALENDAR),
    Dimension("manager", "Менеджер", "Manager", _OF_LEADS),
    Dimension("service", "Сервис", "Service", OF_DEALS),
    Dimension("status", "Статус", "Status", OF_DEALS, Kind.STATUS),
    Dimension("tag", "Тег", "Tag", _OF_LEADS, Kind.TAG),
    Dimension("lead_kind", "Вид лида", "Kind of lead", _OF_LEADS, keys=tuple(KIND_NAMES.values())),
    Dimension("form", "Форма", "Form", _OF_LEADS),
    Dimension("dialled", "Набранный номер", "Dialled number", _OF_LEADS),
    Dimension("city", "Город", "City", _VISITED),
    Dimension("device", "Устройство", "Device", _VISITED),
    Dimension("browser", "Браузер", "Browser", _VISITED),
    Dimension("os", "Система", "Operating system", _VISITED),
    Dimension(
        "match_reason",
        "Как найден лид",
        "Match reason",
        OF_DEALS,
        meaning_ru="по чему найден лид, из которого выросла сделка, или почему он не найден",
        meaning_en="how the lead that led to a deal was found, or why no lead was found",
        keys=tuple(MatchReason),
    ),
    Dimension(
        "client_kind",
        "Новый или повторный клиент",
        "New or returning client",
        _OF_LEADS,
        meaning_ru="новый клиент или повторный; у сделки без лида клиент неизвестен",
        meaning_en="whether the client is new or returning; unknown for deals without a lead",
        keys=(NEW_CLIENT, RETURNING_CLIENT),
    ),
    Dimension(
        "path",
        "Путь клиента",
        "Client path",
        _OF_LEADS,
        meaning_ru="источники визитов, которые привели к лиду, от первого к последнему; визиты подряд из одного "
        "источника и канала — один шаг",
        meaning_en="the sources of the visits that led to the lead, from the first to the last; consecutive visits "
        "from the same source and medium are one step",
    ),
)
DIMENSIONS: Mapping[str, Dimension] = {dimension.name: dimension for dimension in _TABLE}
"""All dimensions except custom fields, by name."""

assert [name for name, listed in DIMENSIONS.items() if listed.kind is Kind.SOURCE] == list(SOURCE_PARTS)


def field_dimension(field: str, title: str = "") -> Dimension:
    """Return the dimension of a custom field of leads and deals; a lead and its deals may have different values.

    Its titles contain `title`, or the name of the field if `title` is empty.
    """
    called = title or field
    return Dimension(f"{FIELD_PREFIX}{field}", f"Поле «{called}»", f"Field “{called}”", _OF_LEADS, field=field)
