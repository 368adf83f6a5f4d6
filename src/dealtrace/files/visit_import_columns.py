"""The columns of a table of visits, and, for tables of leads, the column with the id of a lead's visit."""

from dealtrace.attribution.classification import classify
from dealtrace.attribution.landing_tags import click_ids_of, utm_of
from dealtrace.attribution.traffic_source import NOWHERE, SOURCE_PARTS, TrafficSource
from dealtrace.attribution.urls import URL_LENGTH_MAX
from dealtrace.attribution.visit import CLIENT_ID_LENGTH_MAX, IP_LENGTH_MAX, USER_AGENT_LENGTH_MAX, Visit, VisitId
from dealtrace.dates_and_times import cut_to_second
from dealtrace.errors import InvalidValue
from dealtrace.files.annotation_import_columns import SOURCE_CELL
from dealtrace.files.cell_types import CodeCell, IntegerCell, TextCell, cell_text, whole_number
from dealtrace.files.import_columns import ImportColumn, Need, RowValues, values_of
from dealtrace.files.import_formats import ImportFormat, ImportNoun
from dealtrace.files.row import Cell
from dealtrace.files.timestamp_cells import TimeOfDayCell, TimestampCell
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.plain_text import visible
from dealtrace.record import record
from dealtrace.whole_number import ID_MAX

UTM_PREFIX = "utm_"
NO_VISIT = frozenset(
    {
        "null",
        "none",
        "nil",
        "nan",
        "undefined",
        "-",
        "--",
        "–",
        "—",
        "-1",
        "(not set)",
        "<не указано>",
        "<не заполнено>",
    }
)
"""The strings that programs write instead of a visit's id if there is no visit, in lower case."""


@record
class VisitRefCell:
    """A cell of a table to import with the id of a visit.

    Ours: 0 and placeholders such as `null` mean that there is no visit, as in the API; other text is refused, because
    nobody would notice that the visit is missing.
    """

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "integer"

    def read(self, cell: Cell) -> VisitId | None:
        """Return the id in a cell, or `None` if the cell has a placeholder for a missing visit.

        Raises:
            InvalidValue: the cell has neither an id nor a placeholder.
        """
        number = whole_number(cell)
        if number is not None and 0 < number <= ID_MAX:
            return VisitId(number)
        if number == 0 or visible(cell_text(cell)).strip().casefold() in NO_VISIT:
            return None
        raise InvalidValue(
            f"ожидается целое число от 1 до {ID_MAX}, а если визита нет — 0 или пустая ячейка",
            f"expected an integer from 1 to {ID_MAX}, or 0 or an empty cell if there is no visit",
        )


VISIT_REF_COLUMN = ImportColumn(
    "visit_id",
    ("sessionId", "session.sessionId", "ID сессии"),
    VisitRefCell(),
    "The id of the visit that led to the lead; the visit may be imported later.",
)
_TEXT = TextCell(LABEL_LENGTH_MAX)
VISIT_COLUMNS = (
    ImportColumn(
        "visit_id",
        ("sessionId", "session.sessionId", "id", "ID сессии"),
        IntegerCell(1, ID_MAX),
        "The id of the visit at Calltouch, below 1,000,000,000,000.",
        Need.CELL,
    ),
    ImportColumn(
        "started_at",
        ("sessionDate", "session.sessionDate", "date", "Дата и время визита", "Дата визита", "Дата и время", "Дата"),
        TimestampCell(),
        "When the visit began, in the site's time zone.",
        Need.CELL,
    ),
    ImportColumn(
        "time", ("Время визита", "Время"), TimeOfDayCell(), "The time of day, if the date is in another column."
    ),
    ImportColumn(
        "visitor_id",
        ("visitorId", "ctClientId", "ID посетителя"),
        CodeCell(CLIENT_ID_LENGTH_MAX),
        "The visitor's id; if missing, the visit counts as the only one of its visitor.",
    ),
    ImportColumn(
        "landing_url",
        ("url", "session.url", "Страница входа", "Адрес страницы"),
        TextCell(URL_LENGTH_MAX),
        "The page that was opened first.",
    ),
    ImportColumn(
        "referrer",
        ("ref", "session.ref", "Реферер", "Откуда"),
        TextCell(URL_LENGTH_MAX),
        "The page that the visitor came from.",
    ),
    ImportColumn(
        "source",
        ("session.source", "Источник"),
        SOURCE_CELL,
        "The source; determined from `landing_url` and `referrer` if missing.",
    ),
    ImportColumn("medium", ("session.medium", "Канал"), SOURCE_CELL, "The medium."),
    ImportColumn("campaign", ("Кампания", "Рекламная кампания"), SOURCE_CELL, "The campaign."),
    ImportColumn("content", ("Объявление",), SOURCE_CELL, "The ad."),
    ImportColumn(
        "term",
        ("keyword", "keywords", "session.keywords", "Ключевое слово", "Ключевая фраза"),
        SOURCE_CELL,
        "The keyword.",
    ),
    *(
        ImportColumn(
            f"{UTM_PREFIX}{part}",
            (f"session.utm_{part}",),
            SOURCE_CELL,
            "The UTM tag; if the row has no UTM tag, all UTM tags are read from `landing_url`.",
        )
        for part in SOURCE_PARTS
    ),
    ImportColumn("ip", ("session.ip", "IP-адрес"), TextCell(IP_LENGTH_MAX), "The visitor's IP address."),
    ImportColumn("user_agent", ("userAgent",), TextCell(USER_AGENT_LENGTH_MAX), "The user agent."),
    ImportColumn("city", ("session.city", "Город"), _TEXT, "The city."),
    ImportColumn("device", ("session.device", "Устройство"), _TEXT, "The device: desktop, mobile or tablet."),
    ImportColumn("os", ("session.os", "ОС", "Операционная система"), _TEXT, "The operating system."),
    ImportColumn("browser", ("browserName", "session.browserName", "Браузер"), _TEXT, "The browser."),
    ImportColumn(
        "google_client_id",
        ("gaClientId", "guaClientId", "session.guaClientId", "googleClientId"),
        CodeCell(CLIENT_ID_LENGTH_MAX),
        "The client id of Google Analytics.",
    ),
    ImportColumn(
        "yandex_client_id",
        ("yaClientId", "session.yaClientId", "yandexClientId"),
        CodeCell(CLIENT_ID_LENGTH_MAX),
        "The client id of Yandex Metrica.",
    ),
)
_AS_THEY_ARE = (
    "landing_url", "referrer", "ip", "user_agent", "city", "device", "os", "browser", "google_client_id",
    "yandex_client_id",
)  # fmt: skip


def imported_visit(values: RowValues) -> Visit:
    """Return the visit in a row; `values` are keyed by column name.

    If the row has neither a source nor UTM tags, the source is determined from the addresses of the landing page and
    the referrer.
    Ours: if the row has no visitor's id, one is made from the id of the visit.
    """
    landing_url = values.get("landing_url", "")
    parts = {part: text for part, text in values_of(values, SOURCE_PARTS).items() if text}
    utm = {part: text for part in SOURCE_PARTS if (text := values.get(f"{UTM_PREFIX}{part}"))}
    stated = parts or utm
    source = TrafficSource(**stated) if stated else classify(landing_url, values.get("referrer", ""))
    return Visit(
        id=VisitId(values["visit_id"]),
        visitor_id=values.get("visitor_id", f"visit {values['visit_id']}"),
        started_at=cut_to_second(values["started_at"]),
        traffic_source=source,
        utm=TrafficSource(**utm) if utm else utm_of(landing_url) if landing_url else NOWHERE,
        click_ids=click_ids_of(landing_url),
        has_stated_source=bool(stated),
        **values_of(values, _AS_THEY_ARE),
    )


VISITS = ImportFormat(ImportNoun.VISIT, VISIT_COLUMNS, "started_at", imported_visit, has_fields=False)
