"""The parameters of the journals, such as the interval from `dateFrom` to `dateTo`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX
from dealtrace.calltouch.answers.formats import utc_of_wall_clock
from dealtrace.calltouch.parameters import CLIENT_API_ID
from dealtrace.calltouch.wire_types import DayClock, SlashDay
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.http.endpoint import AuthScheme
from dealtrace.http.parameter_table import REQUIRED, Parameter, Sent
from dealtrace.http.parameter_types import Choice, Flag, Integer, Text
from dealtrace.leads.limits import NUMBER_LENGTH_MAX, PHONE_LENGTH_MAX
from dealtrace.record import record
from dealtrace.storage.journals.lead_journal import LeadField, LeadOperator

PAGE_MAX = 10**9

FILTERED: Mapping[str, tuple[LeadField, int]] = {
    "source": (LeadField.SOURCE, SOURCE_LENGTH_MAX),
    "medium": (LeadField.MEDIUM, SOURCE_LENGTH_MAX),
    "utmSource": (LeadField.UTM_SOURCE, SOURCE_LENGTH_MAX),
    "utmMedium": (LeadField.UTM_MEDIUM, SOURCE_LENGTH_MAX),
    "utmTerm": (LeadField.UTM_TERM, SOURCE_LENGTH_MAX),
    "utmContent": (LeadField.UTM_CONTENT, SOURCE_LENGTH_MAX),
    "utmCampaign": (LeadField.UTM_CAMPAIGN, SOURCE_LENGTH_MAX),
    "keyword": (LeadField.TERM, SOURCE_LENGTH_MAX),
    "ani": (LeadField.PHONE, PHONE_LENGTH_MAX),
    "phoneNumber": (LeadField.DIALLED_PHONE, PHONE_LENGTH_MAX),
}
"""Maps the name of each filter to the field that it compares and the maximum length of its value."""

MODES = {
    "EQUAL": LeadOperator.EQUAL,
    "NOT_EQUAL": LeadOperator.NOT_EQUAL,
    "CONTAINS": LeadOperator.CONTAINS,
    "NOT_CONTAINS": LeadOperator.NOT_CONTAINS,
}
"""Maps the words for comparisons in filters of the journals to operators.

Ours: we took the words from the vendor's web pages, since its documentation of the API has none.
"""
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@record
class FilterMode:
    """The type of a filter's comparison: a word from `MODES`, in any letter case, with or without a final `S`."""

    erased: None = None

    def read(self, text: str) -> LeadOperator:
        """Parse the word for a comparison and return its operator.

        Ours: letter case and a final `S` are ignored, since clients of the vendor write the words in several ways.
        """
        found = _MODES_READ.get(text.strip().upper().removesuffix("S"))
        if found is None:
            known = ", ".join(MODES)
            raise InvalidValue(f"ожидается одно из: {known}", f"must be one of: {known}")
        return found

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type: the accepted words in their preferred spelling."""
        return {"type": "string", "enum": list(MODES)}


_MODES_READ = {word.removesuffix("S"): operator for word, operator in MODES.items()}

_PAGE = (
    Parameter("page", Integer(0, PAGE_MAX), "Номер страницы с 1.", "The page number, from 1."),
    Parameter("limit", Integer(0, PAGE_MAX), "Размер страницы, не более 1000.", "The page size, 1000 at most."),
)
_ATTRIBUTION = Parameter(
    "attribution",
    Choice({str(int(model)): model for model in AttributionModel}),
    "Модель атрибуции, по которой выбран источник; по умолчанию модель кабинета.",
    "The attribution model that chooses the sources; by default the site's model.",
)
_TIMES = (
    Parameter(
        "timeFrom",
        DayClock(),
        "Время, с которого начинается интервал в первый день: hh:mm:ss.",
        "The time of day at which the interval begins on its first day: hh:mm:ss.",
    ),
    Parameter(
        "timeTo",
        DayClock(),
        "Время, которым интервал заканчивается в последний день (включительно): hh:mm:ss.",
        "The time of day at which the interval ends on its last day, inclusive: hh:mm:ss.",
    ),
)
_BIND_TO_SESSION = Parameter(
    "bindTo",
    Choice({"session": "session"}),
    "session: интервал относится к началу сессии лида, а не к самому лиду.",
    "session: the interval refers to the start of the lead's visit, not to the lead.",
)
_LAST_DAY = Parameter(
    "dateTo", SlashDay(), "Последний день интервала, включительно.", "The last day of the interval, inclusive."
)

ORDERS_DIARY = (
    CLIENT_API_ID,
    Parameter(
        "dateFrom",
        SlashDay(),
        "Первый день интервала: dd/mm/yyyy. Не обязателен, если задан orderId или orderNumber.",
        "The first day of the interval: dd/mm/yyyy. Optional when orderId or orderNumber is given.",
    ),
    _LAST_DAY,
    Parameter(
        "bindTo",
        Choice({"created": "created", "updated": "updated", "session": "session"}),
        "К чему относится интервал: создание сделки (по умолчанию), последнее изменение или сессия лида.",
        "What the interval refers to: the deal's creation (default), its last change, or the lead's visit.",
    ),
    _ATTRIBUTION,
    Parameter("orderId", Integer(), "Только эта сделка.", "Only this deal."),
    Parameter("orderNumber", Text(NUMBER_LENGTH_MAX), "Только эта сделка.", "Only this deal."),
    Parameter(
        "orderSource",
        Choice({"CALL": "CALL", "REQUEST": "REQUEST", "CHAT": "CHAT"}),
        "Только сделки с лидом этого типа.",
        "Only deals whose lead is of this type.",
    ),
    *_PAGE,
    Parameter("withOrdersTags", Flag(), "Добавить теги.", "Include tags."),
    Parameter("withAllOrderOrigins", Flag(), "Добавить все лиды сделки.", "Include all leads of the deal."),
    Parameter("withComments", Flag(), "Добавить комментарии.", "Include comments."),
    Parameter("withContacts", Flag(), "Добавить контакты сделки.", "Include the deal's contacts."),
)


def _filters() -> Iterator[Parameter]:
    for name, (_, length_max) in FILTERED.items():
        yield Parameter(
            f"{name}.value",
            Text(length_max),
            f"Только звонки с таким значением {name}.",
            f"Only calls whose {name} matches this value.",
        )
        yield Parameter(
            f"{name}.filterMode", FilterMode(), f"Как сравнивать {name}.", f"How {name} is compared with the value."
        )


CALLS_DIARY = (
    CLIENT_API_ID,
    Parameter(
        "dateFrom",
        SlashDay(),
        "Первый день интервала: dd/mm/yyyy. Без page — тот же, что dateTo.",
        "The first day of the interval: dd/mm/yyyy. Without page, it must be the same as dateTo.",
        required=True,
    ),
    replace(_LAST_DAY, required=True),
    *_TIMES,
    replace(
        _PAGE[0],
        ru="Номер страницы с 1. С ним ответ — объект со страницей, без него — массив звонков одного дня.",
        en="The page number, from 1. With it, the answer is a page object; without it, an array of one day's calls.",
    ),
    _PAGE[1],
    _ATTRIBUTION,
    _BIND_TO_SESSION,
    Parameter("uniqueOnly", Flag(), "Только уникальные звонки.", "Only unique calls."),
    Parameter("targetOnly", Flag(), "Только целевые звонки.", "Only target calls."),
    Parameter("uniqTargetOnly", Flag(), "Только уникально-целевые звонки.", "Only unique target calls."),
    Parameter(
        "callbackOnly",
        Flag(),
        "Только обратные звонки; на этом сервере их нет.",
        "Only callbacks; this server has none.",
    ),
    Parameter("callId", Integer(), "Только этот звонок.", "Only this call."),
    Parameter(
        "clientId",
        Text(SOURCE_LENGTH_MAX),
        "Только звонки с этим clientId Google.",
        "Only calls with this Google client id.",
    ),
    Parameter(
        "utmSource", Text(SOURCE_LENGTH_MAX), "Только звонки с этим utm_source.", "Only calls with this utm_source."
    ),
    Parameter(
        "utmMedium", Text(SOURCE_LENGTH_MAX), "Только звонки с этим utm_medium.", "Only calls with this utm_medium."
    ),
    *_filters(),
    Parameter("withMapVisits", Flag(), "Добавить визиты до звонка.", "Include the visits before the call."),
    Parameter("withOrders", Flag(), "Добавить сделки звонка.", "Include the call's deals."),
    Parameter("withCallTags", Flag(), "Добавить теги.", "Include tags."),
    Parameter("withComments", Flag(), "Добавить комментарии.", "Include comments."),
    Parameter("withYandexDirect", Flag(), "Добавить id Яндекс.Директа.", "Include the ids of Yandex Direct."),
    Parameter("withGoogleAdwords", Flag(), "Добавить id Google Ads.", "Include the ids of Google Ads."),
    Parameter(
        "withText",
        Flag(),
        "Добавить текст разговора; на этом сервере его нет.",
        "Include transcripts; this server has none.",
    ),
    Parameter(
        "withDcm", Flag(), "Добавить данные DCM; на этом сервере их нет.", "Include DCM data; this server has none."
    ),
    Parameter(
        "withAttributionFields",
        Flag(),
        "Добавить сторонние параметры сессии (attrs).",
        "Include the visit's third-party parameters (attrs).",
    ),
    Parameter(
        "withCallbackInfo",
        Flag(),
        "Добавить сведения об обратном звонке; на этом сервере их нет.",
        "Include the details of a callback; this server has none.",
    ),
    Parameter("withCustomFields", Flag(), "Добавить пользовательские поля.", "Include custom fields."),
)

_US_DAY = SlashDay(month_first=True)
REQUESTS = (
    CLIENT_API_ID,
    Parameter(
        "siteId",
        Integer(),
        "Номер личного кабинета; если передан, токен должен принадлежать этому кабинету.",
        "The id of the site; if sent, it must be the token's site.",
    ),
    Parameter(
        "dateFrom",
        _US_DAY,
        "Первый день интервала: mm/dd/yyyy или yyyy/mm/dd. Не обязателен, если задан requestId или requestNumber.",
        "The first day of the interval: mm/dd/yyyy or yyyy/mm/dd. Optional when requestId or requestNumber is given.",
    ),
    replace(_LAST_DAY, type=_US_DAY),
    *_TIMES,
    replace(
        _PAGE[0],
        ru="Номер страницы с 1; ответ остаётся массивом.",
        en="The page number, from 1. With or without it, the answer is an array.",
    ),
    replace(_PAGE[1], ru="Размер страницы, не более 10000.", en="The page size, 10000 at most."),
    _ATTRIBUTION,
    _BIND_TO_SESSION,
    Parameter("requestId", Integer(), "Только эта заявка.", "Only this lead request."),
    Parameter("requestNumber", Text(NUMBER_LENGTH_MAX), "Только эта заявка.", "Only this lead request."),
    Parameter("withMapVisits", Flag(), "Добавить визиты до заявки.", "Include the visits before the lead request."),
    Parameter("withRequestTags", Flag(), "Добавить теги.", "Include tags."),
    Parameter("withYandexDirect", Flag(), "Добавить id Яндекс.Директа.", "Include the ids of Yandex Direct."),
    Parameter("withGoogleAdwords", Flag(), "Добавить id Google Ads.", "Include the ids of Google Ads."),
    Parameter(
        "withDcm", Flag(), "Добавить данные DCM; на этом сервере их нет.", "Include DCM data; this server has none."
    ),
    Parameter("withCustomFields", Flag(), "Добавить пользовательские поля.", "Include custom fields."),
    Parameter(
        "withAttrs",
        Flag(),
        "Добавить сторонние параметры сессии (attrs).",
        "Include the visit's third-party parameters (attrs).",
    ),
)

REQUEST = tuple(
    parameter
    for parameter in REQUESTS
    if parameter.name in ("clientApiId", "siteId", "attribution") or parameter.name.startswith("with")
)
"""The parameters for reading one lead request: token, site, attribution model, and the flags of optional keys."""

ACCESS_TOKEN = replace(CLIENT_API_ID, name="access_token")
BY_ACCESS_TOKEN = AuthScheme(ACCESS_TOKEN)
STATISTICS = (
    ACCESS_TOKEN,
    Parameter(
        "dateFrom",
        SlashDay(),
        "Первый день интервала: dd/mm/yyyy.",
        "The first day of the interval: dd/mm/yyyy.",
        required=True,
    ),
    replace(_LAST_DAY, required=True),
)

DOWNLOAD = (CLIENT_API_ID,)


def require_dates(sent: Sent) -> None:
    """Check that an interval was sent.

    Raises:
        InvalidParameters: `dateFrom`, `dateTo` or both are missing.
    """
    missing = [name for name in ("dateFrom", "dateTo") if name not in sent.values]
    if missing:
        raise InvalidParameters([Violation(name, *REQUIRED) for name in missing])


def read_interval(site: Site, sent: Sent) -> tuple[datetime | None, datetime | None]:
    """Return the start of the interval and the first instant after it, in UTC; `None` for a date that was not sent.

    Ours: `timeFrom` is a time on the first day and `timeTo` a time on the last day; the whole second `timeTo` is
    included. By default, the interval covers whole days.

    Raises:
        InvalidParameters: the interval ends before it starts.
    """
    first, last = sent.get("dateFrom"), sent.get("dateTo")
    if first is not None and last is not None and first > last:
        raise InvalidParameters([Violation("dateFrom", "позже, чем dateTo", "must not be later than dateTo")])
    since = _instant(first, sent.get("timeFrom", time()), site) if first is not None else None
    until = None
    if last is not None:
        ends_at = sent.get("timeTo")
        until = _instant(last + _DAY, time(), site) if ends_at is None else _instant(last, ends_at, site) + _SECOND
    if since is not None and until is not None and since >= until:
        raise InvalidParameters([Violation("timeFrom", "позже, чем timeTo", "must not be later than timeTo")])
    return since, until


def _instant(day_on: date, clock: time, site: Site) -> datetime:
    return utc_of_wall_clock(datetime.combine(day_on, clock), site.time_zone)
