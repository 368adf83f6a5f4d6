"""Every refusal, drawn as a tree. Each keeps its code for good and says in two languages what a person can do.

Refusal
├── InvalidParameters      10007  missing, malformed or out of range; one violation each
├── UnreadableBody        10008  neither a form nor what its Content-Type says
├── BodyTooLarge          10009
├── PathNotFound           10010
├── MethodNotAllowed      10011
├── TokenRejected         10020
├── SiteMismatch          10021
├── RateExceeded          10030
├── PointsSpent           10031
├── Overloaded            10032  nothing was stored
├── DatabaseUnavailable           10033
├── AnonymousRateExceeded      10034
├── DealKeyMissing        10040
├── DealNotFound          10041
├── NumberTaken           10042
├── NumberReused          10048  by another deal, since the one that had it was deleted
├── CallAndLeadRequest    10043
├── DealNotDeleted        10044
├── LeadNotFound          10045
├── DealNotPinned         10046
├── LeadNotDeleted        10057
├── LeadNotMatched        10059  by anything a program named it by
├── RecordingNotFound     10058
├── NameTaken             10050
│   └── LeadTaken         10047  a call or lead request has this name
├── SiteNotFound          10051
├── UnknownSetting        10052
├── InvalidSetting      10053
├── InvitationSpent       10054
├── TokenNotFound         10055
├── PersonNotFound         10056
├── FileUnreadable        10060  no table of leads; nothing of it was taken in
├── ImportInProgress           10061  another command brings the same file in
├── WebhookNotFound       10062
├── DeliveryNotFound      10063  what a webhook was told is forgotten after a while
└── InternalFailure         500  ours; the request id finds it in the log

Edges turn a code into their own answer in one place each: `http/replies.py`, `cli/terminal.py`, the cabinet.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from dealtrace.record import record

Language = Literal["ru", "en"]


@record
class Violation:
    """One parameter that is wrong, and the cure, in both languages."""

    field: str
    ru: str
    en: str

    def text(self, language: Language) -> str:
        """Say what is wrong with the field."""
        return self.ru if language == "ru" else self.en


class InvalidValue(ValueError):  # noqa: N818 - it names what is the matter
    """A text or cell that does not fit its type; says in both languages what would."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, seldom an error
    """We understood and say no. `facts` fill the words and may steer an edge (`retry_after_seconds`)."""

    code: ClassVar[int]
    ru: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__, facts)
        self.facts: Mapping[str, Any] = facts

    def text(self, language: Language) -> str:
        """Say in `language` what is refused and what would help."""
        return (self.ru if language == "ru" else self.en).format(**self.facts)

    def __str__(self) -> str:
        """Speak English where nobody asked for a language."""
        return self.text("en")


class InvalidParameters(Refusal):
    """Parameters that are missing, malformed or out of range; all of them at once."""

    code = 10007
    ru = "Ошибка в параметрах: {ru}"
    en = "Faulty parameters: {en}"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(
            ru="; ".join(f"{one.field}: {one.ru}" for one in violations),
            en="; ".join(f"{one.field}: {one.en}" for one in violations),
        )
        self.violations = tuple(violations)


class UnreadableBody(Refusal):
    """A body that is no form."""

    code = 10008
    ru = "Тело запроса не читается: {ru}"
    en = "The request body cannot be read: {en}"


class BodyTooLarge(Refusal):
    """A body beyond the limit."""

    code = 10009
    ru = "Тело запроса больше {bytes_max} байт"
    en = "The request body is larger than {bytes_max} bytes"


class PathNotFound(Refusal):
    """Nothing lives at this path."""

    code = 10010
    ru = "Такого адреса нет: {path}"
    en = "There is no such address: {path}"


class MethodNotAllowed(Refusal):
    """The path is right, the method is not."""

    code = 10011
    ru = "Метод {method} здесь не поддерживается, используйте: {allowed}"
    en = "Method {method} is not supported here, use: {allowed}"


class TokenRejected(Refusal):
    """No token, or none we know."""

    code = 10020
    ru = "Токен не передан или не найден, проверьте {field}"
    en = "The token is missing or unknown, check {field}"


class SiteMismatch(Refusal):
    """The token opens another site."""

    code = 10021
    ru = "Токен не открывает личный кабинет siteId={site_id}"
    en = "The token does not open the site siteId={site_id}"


class RateExceeded(Refusal):
    """Too many requests in a second from one address."""

    code = 10030
    ru = "Не более {per_second} запросов в секунду с одного IP-адреса, повторите через секунду"
    en = "No more than {per_second} requests per second from one IP address, try again in a second"


class PointsSpent(Refusal):
    """The site's points of the day are spent."""

    code = 10031
    ru = "Суточные баллы API израсходованы, повторите через {retry_after_seconds} с"
    en = "The API points of the day are spent, try again in {retry_after_seconds} s"


class Overloaded(Refusal):
    """The queue of writes is full."""

    code = 10032
    ru = "Сервер перегружен, ничего не сохранено, повторите через {retry_after_seconds} с"
    en = "The server is overloaded, nothing was stored, try again in {retry_after_seconds} s"


class DatabaseUnavailable(Refusal):
    """The database did not answer in time."""

    code = 10033
    ru = "База данных не отвечает, повторите через {retry_after_seconds} с"
    en = "The database does not answer, try again in {retry_after_seconds} s"


class AnonymousRateExceeded(Refusal):
    """Too much sent in a minute without a token, from one address or for one site."""

    code = 10034
    ru = (
        "Слишком много запросов без токена с этого адреса или к этому кабинету, повторите через {retry_after_seconds} с"
    )
    en = "Too many requests without a token from this address or for this site, try again in {retry_after_seconds} s"


class DealKeyMissing(Refusal):
    """A deal was asked for without saying which."""

    code = 10040
    ru = "Укажите сделку: orderId или orderNumber"
    en = "Name the deal: orderId or orderNumber"


class DealNotFound(Refusal):
    """No such deal, or it is deleted."""

    code = 10041
    ru = "Сделка не найдена или удалена: {key}"
    en = "The deal is not found or deleted: {key}"


class NumberTaken(Refusal):
    """Another deal has this number."""

    code = 10042
    ru = "orderNumber {number} уже занят сделкой orderId {deal_id} с другими параметрами"
    en = "orderNumber {number} is taken by the deal orderId {deal_id} with other parameters"


class NumberReused(Refusal):
    """A deleted deal's number was freed and has another deal by now."""

    code = 10048
    ru = "orderNumber {number} теперь у сделки orderId {deal_id}"
    en = "orderNumber {number} belongs to the deal orderId {deal_id} by now"


class CallAndLeadRequest(Refusal):
    """A deal was said to come from a call and a lead request together."""

    code = 10043
    ru = "Сделку нельзя создать одновременно по звонку ({call}) и заявке ({lead_request}), оставьте одно"
    en = "A deal cannot come from a call ({call}) and a request ({lead_request}) together, keep one"


class DealNotDeleted(Refusal):
    """Only what was deleted can be restored."""

    code = 10044
    ru = "Сделка orderId {deal_id} не удалена"
    en = "The deal orderId {deal_id} is not deleted"


class LeadNotFound(Refusal):
    """No such call or lead request."""

    code = 10045
    ru = "В кабинете нет звонка или заявки {lead_id}"
    en = "The site has no call or request {lead_id}"


class DealNotPinned(Refusal):
    """Only what was pinned can be unpinned."""

    code = 10046
    ru = "Лид сделки orderId {deal_id} не закреплён вручную"
    en = "The lead of the deal orderId {deal_id} is not pinned"


class LeadNotDeleted(Refusal):
    """A lead to restore is not deleted."""

    code = 10057
    ru = "Звонок или заявка {lead_id} не удалены"
    en = "The call or request {lead_id} is not deleted"


class LeadNotMatched(Refusal):
    """No lead fits what a program named it by."""

    code = 10059
    ru = "Ни один звонок и ни одна заявка не подходят под matching"
    en = "No call and no request fits the matching"


class RecordingNotFound(Refusal):
    """A call has no recording that could be shown, or is none of the site's."""

    code = 10058
    ru = "Нет записи разговора для звонка {call_id}"
    en = "There is no recording of the call {call_id}"


class NameTaken(Refusal):
    """Something of this name exists."""

    code = 10050
    ru = "Уже есть: {name}"
    en = "It exists already: {name}"


class LeadTaken(NameTaken):
    """A call or lead request has this name, which is unique in a site for good."""

    code = 10047
    ru = "{name} уже занят: это звонок или заявка {lead_id}"
    en = "{name} is taken by the call or request {lead_id}"


class SiteNotFound(Refusal):
    """No such site."""

    code = 10051
    ru = "Нет личного кабинета {site_id}"
    en = "There is no site {site_id}; `dealtrace site list` shows those that exist"


class UnknownSetting(Refusal):
    """A site has no such setting."""

    code = 10052
    ru = "Нет настройки {key}, есть: {known}"
    en = "There is no setting {key}; there are: {known}"


class InvalidSetting(Refusal):
    """A value does not fit its setting."""

    code = 10053
    ru = "{key}: {ru}"
    en = "{key}: {en}"


class InvitationSpent(Refusal):
    """A one-time link that was used, or never given out."""

    code = 10054
    ru = "Ссылка уже использована или неверна; новую печатает запуск сервера, пока нет пользователей"
    en = "The link is used or wrong; a server without users prints a new one as it starts"


class TokenNotFound(Refusal):
    """No such token, or it is revoked already."""

    code = 10055
    ru = "Нет действующего токена {token_id}"
    en = "There is no live token {token_id}; `dealtrace token list` shows them"


class PersonNotFound(Refusal):
    """Nothing is kept of this phone or e-mail."""

    code = 10056
    ru = "О {contact} ничего не хранится"
    en = "Nothing is kept of {contact}"


class FileUnreadable(Refusal):
    """A file that is no table we can read."""

    code = 10060
    ru = "Файл {file} не читается: {ru}"
    en = "The file {file} cannot be read: {en}"


class ImportInProgress(Refusal):
    """Two commands bring one file in at the same time."""

    code = 10061
    ru = "Этот файл сейчас загружает другая команда"
    en = "Another command is bringing this file in"


class WebhookNotFound(Refusal):
    """There is no webhook of this id."""

    code = 10062
    ru = "Вебхук {webhook_id} не найден, список: dealtrace webhook list"
    en = "Webhook {webhook_id} not found, dealtrace webhook list shows those there are"


class DeliveryNotFound(Refusal):
    """A webhook was never told by such a message, or it is forgotten by now."""

    code = 10063
    ru = "Сообщение {message_id} этому вебхуку не отправлялось или уже забыто"
    en = "The webhook was never sent the message {message_id}, or it is forgotten by now"


class InternalFailure(Refusal):
    """We failed; the log has the rest under the request id."""

    code = 500
    ru = "При обработке запроса произошла ошибка, сообщите администратору номер {request_id}"
    en = "Your request failed on our side, tell the administrator the number {request_id}"
