"""The parameters of deals and leads, from which parsing, errors, documentation and OpenAPI are derived."""

from dataclasses import replace
from datetime import timedelta

from dealtrace.accounts.token import TOKEN_LENGTH_MAX
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX
from dealtrace.calltouch.wire_types import (
    DASHED,
    Amount,
    AnsweredStatus,
    FieldObjects,
    Seconds,
    TagObjects,
    Tags,
    VisitRef,
    WallClock,
)
from dealtrace.dates_and_times import YEAR_FIRST
from dealtrace.http.endpoint import AuthScheme
from dealtrace.http.parameter_table import Parameter, ParameterFamily
from dealtrace.http.parameter_types import Choice, Integer, Text
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.limits import (
    CALL_DURATION_MAX,
    COMMENT_LENGTH_MAX,
    CUSTOM_NAME_LENGTH_MAX,
    CUSTOM_VALUE_LENGTH_MAX,
    CUSTOM_VALUES_MAX,
    EMAIL_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    NUMBER_LENGTH_MAX,
    PHONE_LENGTH_MAX,
    REFERENCE_LENGTH_MAX,
    SIP_ID_LENGTH_MAX,
    URL_LENGTH_MAX,
)
from dealtrace.matching.window import LINK_THRESHOLD_MAX

CLIENT_API_ID = Parameter(
    "clientApiId",
    Text(TOKEN_LENGTH_MAX),
    "Токен доступа к API.",
    "The token for access to the API.",
    required=True,
    is_token=True,
)
BY_CLIENT_API_ID = AuthScheme(CLIENT_API_ID)

_ORDER_SUM = ("orderSum", Amount(), "Бюджет сделки в рублях.", "The deal's budget in rubles.")
_MANAGER = Parameter(
    "manager", Text(LABEL_LENGTH_MAX), "Менеджер, отвечающий за сделку.", "The manager in charge of the deal."
)
_SERVICE = (
    "service",
    Text(LABEL_LENGTH_MAX),
    "Название сервиса, использующего API.",
    "The program that calls the API.",
)
_TAGS = Parameter("tags", Tags(), "Теги сделки через запятую.", "The deal's tags, comma-separated.", takes_several=True)

SOURCE_PARAMETERS = (
    Parameter(
        "source", Text(SOURCE_LENGTH_MAX), "Источник, если лид не найден.", "The source, used if no lead is found."
    ),
    Parameter("medium", Text(SOURCE_LENGTH_MAX), "Канал, если лид не найден.", "The medium, used if no lead is found."),
    Parameter(
        "campaign", Text(SOURCE_LENGTH_MAX), "Кампания, если лид не найден.", "The campaign, used if no lead is found."
    ),
    Parameter(
        "content", Text(SOURCE_LENGTH_MAX), "Объявление, если лид не найден.", "The ad, used if no lead is found."
    ),
    Parameter(
        "term", Text(SOURCE_LENGTH_MAX), "Ключевое слово, если лид не найден.", "The keyword, used if no lead is found."
    ),
)
CUSTOM = ParameterFamily(
    "custom",
    Text(CUSTOM_VALUE_LENGTH_MAX),
    "Значения пользовательских полей: custom[имя]=значение. Поля, которых нет у кабинета, не сохраняются; "
    "сколько раз они приходили, показывает dealtrace doctor.",
    "Values of custom fields: custom[name]=value. Fields that the site does not have are not stored; "
    "dealtrace doctor shows how often they were sent.",
    key_length_max=CUSTOM_NAME_LENGTH_MAX,
    members_max=CUSTOM_VALUES_MAX,
)

REGISTER = (
    CLIENT_API_ID,
    Parameter("callId", Integer(), "Идентификатор звонка.", "The id of the call."),
    Parameter(
        "callReferenceId",
        Text(NUMBER_LENGTH_MAX),
        "Идентификатор звонка в АТС (callid при импорте).",
        "The call's id in the PBX, sent as callid when the call was imported.",
        is_reference=True,
    ),
    Parameter("requestId", Integer(), "Идентификатор заявки.", "The id of the lead request."),
    Parameter(
        "requestNumber",
        Text(NUMBER_LENGTH_MAX),
        "Идентификатор заявки на стороне сайта.",
        "The id that the website gave the lead request.",
        is_reference=True,
    ),
    Parameter(
        "phoneNumber",
        Text(PHONE_LENGTH_MAX),
        "Телефон клиента: по нему ищется звонок или заявка.",
        "The client's phone, used to find a call or a lead request.",
    ),
    Parameter(
        "email",
        Text(EMAIL_LENGTH_MAX),
        "Почта клиента: по ней ищется заявка.",
        "The client's e-mail, used to find a lead request.",
    ),
    Parameter(
        "linkTimeThreshold",
        Integer(0, LINK_THRESHOLD_MAX // timedelta(seconds=1)),
        "За сколько секунд до сделки искать лид, по умолчанию 7200.",
        "How far back from the deal to search for a lead, in seconds; 7200 by default.",
    ),
    Parameter(
        "bindTo",
        Choice({"calls": LeadKind.CALL, "requests": LeadKind.LEAD_REQUEST}),
        "Искать только среди звонков или только среди заявок; по умолчанию сначала звонки, потом заявки.",
        "Search only calls or only lead requests; by default calls first, then lead requests.",
    ),
    Parameter(
        "orderNumber",
        Text(NUMBER_LENGTH_MAX),
        "Идентификатор сделки в CRM, уникальный; по умолчанию равен orderId.",
        "The deal's id in the CRM, unique; orderId by default.",
        is_reference=True,
    ),
    Parameter(*_ORDER_SUM, required=True),
    Parameter(
        "orderStatus", Text(LABEL_LENGTH_MAX), "Статус сделки, любой.", "The deal's status, any string.", required=True
    ),
    Parameter(
        "orderDate",
        WallClock(),
        "Дата создания сделки по времени кабинета: dd.mm.yyyy hh:mm:ss.",
        "When the deal was created, in the site's time zone: dd.mm.yyyy hh:mm:ss.",
        required=True,
    ),
    Parameter("orderComment", Text(COMMENT_LENGTH_MAX), "Комментарий к сделке.", "A comment on the deal."),
    _MANAGER,
    Parameter(*_SERVICE, required=True),
    _TAGS,
    *SOURCE_PARAMETERS,
)

_ORDER_ID = Parameter(
    "orderId",
    Integer(),
    "Идентификатор сделки в Dealtrace.",
    "The deal's id.",
    absent_when_empty=True,
    gives_way_to="orderNumber",
)
_ORDER_NUMBER = Parameter(
    "orderNumber",
    Text(NUMBER_LENGTH_MAX),
    "Идентификатор сделки в CRM; если передан и orderId, сделка ищется сначала по нему.",
    "The deal's id in the CRM; if orderId is sent too, the deal is searched for by orderId first.",
    absent_when_empty=True,
    is_reference=True,
)

UPDATE_BY_ID = (
    CLIENT_API_ID,
    _ORDER_ID,
    _ORDER_NUMBER,
    Parameter(*_ORDER_SUM),
    Parameter("comment", Text(COMMENT_LENGTH_MAX), "Комментарий к сделке.", "A comment on the deal."),
    Parameter("status", Text(LABEL_LENGTH_MAX), "Новый статус сделки.", "The deal's new status."),
    _MANAGER,
    Parameter(*_SERVICE),
    _TAGS,
    *SOURCE_PARAMETERS,
)

DELETE_BY_ID = (CLIENT_API_ID, _ORDER_ID, _ORDER_NUMBER)

SUBJECT = Parameter("subject", Text(LABEL_LENGTH_MAX), "Название формы.", "The name of the form.")
PAGE_URL = Parameter(
    "requestUrl", Text(URL_LENGTH_MAX), "Адрес страницы с формой.", "The URL of the page with the form."
)
CLIENT_NAME = Parameter("fio", Text(LABEL_LENGTH_MAX), "Имя клиента.", "The client's name.")
CLIENT_PHONE = Parameter("phoneNumber", Text(PHONE_LENGTH_MAX), "Телефон клиента.", "The client's phone.")
CLIENT_EMAIL = Parameter("email", Text(EMAIL_LENGTH_MAX), "Почта клиента.", "The client's e-mail.")
REQUEST_NUMBER = Parameter(
    "requestNumber",
    Text(NUMBER_LENGTH_MAX),
    "Идентификатор заявки на сайте, уникальный; по умолчанию равен requestId. Повтор с тем же содержанием "
    "получает тот же ответ.",
    "The unique id that the website gave the lead request; requestId by default. If the same lead request is sent "
    "again, the answer is the same.",
    is_reference=True,
)

REQUEST_REGISTER = (
    SUBJECT,
    REQUEST_NUMBER,
    Parameter(
        "sessionId",
        VisitRef(),
        "Идентификатор сессии: по ней определяется источник. Пустой, 0, null, undefined — без сессии.",
        "The id of the visit that determines the source. An empty value, 0, null or undefined means no visit.",
    ),
    CLIENT_NAME,
    CLIENT_PHONE,
    CLIENT_EMAIL,
    PAGE_URL,
    Parameter("comment", Text(COMMENT_LENGTH_MAX), "Комментарий к заявке.", "A comment on the lead request."),
    Parameter(
        "tags",
        Tags(),
        "Теги заявки через запятую.",
        "The lead request's tags, comma-separated.",
        takes_several=True,
    ),
    Parameter(
        "requestDate",
        WallClock(),
        "Дата заявки по времени кабинета: dd.mm.yyyy hh:mm:ss; по умолчанию сейчас.",
        "When the lead request was made, in the site's time zone: dd.mm.yyyy hh:mm:ss; now by default.",
    ),
)

ACCESS_TOKEN = replace(CLIENT_API_ID, name="Access-Token")
SITE_ID = Parameter(
    "SiteId",
    Integer(),
    "Номер личного кабинета; если передан, токен должен принадлежать этому кабинету.",
    "The id of the site; if sent, it must be the token's site.",
)
BY_HEADERS = AuthScheme(ACCESS_TOKEN, SITE_ID, is_header=True)
BY_CLIENT_API_ID_OR_HEADERS = AuthScheme(
    replace(CLIENT_API_ID, required=False),
    instead=AuthScheme(replace(ACCESS_TOKEN, required=False), SITE_ID, is_header=True),
)

CUSTOM_FIELDS = Parameter("customFields", FieldObjects(CUSTOM_VALUE_LENGTH_MAX), CUSTOM.ru, CUSTOM.en)
_LEAD_ANNOTATIONS = (
    Parameter("manager", Text(LABEL_LENGTH_MAX), "Менеджер лида.", "The manager in charge of the lead."),
    Parameter("comment.text", Text(COMMENT_LENGTH_MAX), "Комментарий к лиду.", "A comment on the lead."),
    Parameter("addTags", TagObjects(), "Теги лида.", "The lead's tags."),
    *(
        Parameter(
            f"customSources.{stated.name}",
            stated.type,
            "Часть источника лида по данным отправителя.",
            "A part of the lead's source, as stated by the sender.",
        )
        for stated in SOURCE_PARAMETERS
    ),
)

REQUEST_CREATE = (
    REQUEST_NUMBER,
    SUBJECT,
    PAGE_URL,
    Parameter(
        "requestDate",
        WallClock(DASHED),
        "Дата заявки по времени кабинета: dd-mm-yyyy hh:mm:ss; по умолчанию сейчас.",
        "When the lead request was made, in the site's time zone: dd-mm-yyyy hh:mm:ss; now by default.",
    ),
    CLIENT_NAME,
    CLIENT_PHONE,
    CLIENT_EMAIL,
    *_LEAD_ANNOTATIONS,
)

CALL_STATUS = AnsweredStatus()
CALL_IMPORT = (
    Parameter(
        "referenceId",
        Text(REFERENCE_LENGTH_MAX),
        "Идентификатор звонка в его системе, он же callReferenceId; повторно использовать нельзя.",
        "The call's id (elsewhere called callReferenceId) in the system the call is from. No other call may use it.",
        required=True,
        is_reference=True,
    ),
    Parameter(
        "sipCallId",
        Text(SIP_ID_LENGTH_MAX),
        "Второй идентификатор звонка; повторно использовать тоже нельзя.",
        "The call's second id; no other call may use it either.",
        is_reference=True,
    ),
    Parameter("clientPhoneNumber", CLIENT_PHONE.type, CLIENT_PHONE.ru, CLIENT_PHONE.en, required=True),
    Parameter(
        "callCenterPhoneNumber",
        Text(PHONE_LENGTH_MAX),
        "Номер, на который звонил клиент.",
        "The number the client called.",
    ),
    Parameter(
        "callStartTime",
        WallClock(YEAR_FIRST, is_exact=True),
        "Начало звонка по времени кабинета: yyyy-mm-dd hh:mm:ss.",
        "When the call began, in the site's time zone: yyyy-mm-dd hh:mm:ss.",
        required=True,
    ),
    Parameter(
        "duration",
        Seconds(CALL_DURATION_MAX),
        "Длительность разговора в секундах, по умолчанию 0.",
        "The length of the conversation in seconds, 0 by default.",
    ),
    Parameter(
        "waitingTime",
        Seconds(CALL_DURATION_MAX),
        "Ожидание ответа в секундах.",
        "How long the client waited for an answer, in seconds.",
    ),
    Parameter("status", CALL_STATUS, "Состоялся ли разговор.", "Whether the call was answered."),
    Parameter("recordUrl", Text(URL_LENGTH_MAX), "Адрес записи разговора.", "The URL of the recording."),
    *_LEAD_ANNOTATIONS,
)

API_KEY = replace(CLIENT_API_ID, name="apikey")
BY_API_KEY = AuthScheme(API_KEY)
INBOUND_CALL = (
    API_KEY,
    Parameter(
        "callid",
        Text(REFERENCE_LENGTH_MAX),
        "Идентификатор звонка в АТС, он же callReferenceId. Повтор обновляет звонок.",
        "The call's id in the PBX (elsewhere called callReferenceId). If the id is sent again, the call is updated.",
        required=True,
        is_reference=True,
    ),
    Parameter(
        "date",
        WallClock(YEAR_FIRST, is_exact=True),
        "Начало звонка по времени кабинета: yyyy-mm-dd hh:mm:ss.",
        "When the call began, in the site's time zone: yyyy-mm-dd hh:mm:ss.",
        required=True,
    ),
    Parameter("callerid", CLIENT_PHONE.type, CLIENT_PHONE.ru, CLIENT_PHONE.en),
    Parameter(
        "phonenumber",
        Text(PHONE_LENGTH_MAX),
        "Номер, на который звонил клиент.",
        "The number the client called.",
    ),
    Parameter(
        "destphonenumber", Text(PHONE_LENGTH_MAX), "Номер, который принял звонок.", "The number that answered the call."
    ),
    Parameter(
        "duration",
        Seconds(CALL_DURATION_MAX),
        "Длительность разговора в секундах.",
        "The length of the conversation in seconds.",
    ),
    Parameter(
        "waitingtime",
        Seconds(CALL_DURATION_MAX),
        "Ожидание ответа в секундах.",
        "How long the client waited for an answer, in seconds.",
    ),
    Parameter("status", CALL_STATUS, "Состоялся ли разговор.", "Whether the call was answered."),
    Parameter("model", Text(LABEL_LENGTH_MAX), "Профиль АТС.", "The profile of the PBX."),
)
