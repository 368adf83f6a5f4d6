"""The tree of refusals. Each has a permanent code and a message in Russian and English that says what to do.

Refusal
├── WidgetNotFound        10003  the vendor's code: no widget key was sent
├── InvalidParameters     10007  missing, malformed or out of range; with a violation for each parameter
├── UnreadableBody        10008  not a form, or does not match its Content-Type
├── BodyTooLarge          10009
├── PathNotFound           10010
├── MethodNotAllowed      10011
├── ContactUnusable       10013  the vendor's code: no usable phone or e-mail
├── TokenRejected         10020
├── SiteMismatch          10021
├── RateExceeded          10030
├── PointsSpent           10031
├── Overloaded            10032  nothing was stored
├── DatabaseUnavailable   10033
├── AnonymousRateExceeded 10034
├── DealKeyMissing        10040
├── DealNotFound          10041
├── NumberTaken           10042
├── NumberReused          10048  another deal took the number of a deleted deal
├── CallAndLeadRequest    10043
├── DealNotDeleted        10044
├── LeadNotFound          10045
├── DealNotPinned         10046
├── LeadNotDeleted        10057
├── LeadNotMatched        10059  nothing that was sent identifies a lead
├── RecordingNotFound     10058
├── NameTaken             10050
│   └── LeadTaken         10047  a call or lead request has this identifier
├── SiteNotFound          10051
├── UnknownSetting        10052
├── InvalidSetting        10053
├── InvitationSpent       10054
├── TokenNotFound         10055
├── PersonNotFound         10056
├── FileUnreadable        10060  not a readable table; nothing was imported
├── ImportInProgress      10061  another command is importing the same file
├── WebhookNotFound       10062
├── DeliveryNotFound      10063  deliveries are deleted after 30 days
├── HostNotFound          10074
├── LoginRefused          10075  the login or the password is wrong
└── InternalFailure         500  our fault; the log has the details under the request id

The refusals of demo sites, reports and alerts are in `demo/refusals.py`, `reports/refusals.py` and
`alerts/refusals.py`.

The HTTP API, the command line and the cabinet each turn refusals into responses in one place.
"""

from collections.abc import Sequence

from dealtrace.refusal import LANGUAGES as LANGUAGES
from dealtrace.refusal import InvalidValue as InvalidValue
from dealtrace.refusal import Language as Language
from dealtrace.refusal import Refusal as Refusal
from dealtrace.refusal import Violation as Violation
from dealtrace.refusal import text_in as text_in


class WidgetNotFound(Refusal):
    """No widget key was sent."""

    code = 10003
    ru = "Виджет не найден: передайте routeKey"
    en = "Widget not found: send a routeKey"


class InvalidParameters(Refusal):
    """Parameters are missing, malformed or out of range; `violations` lists all of them."""

    code = 10007
    ru = "Ошибка в параметрах: {ru}"
    en = "Invalid parameters: {en}"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(
            ru="; ".join(f"{violation.field}: {violation.ru}" for violation in violations),
            en="; ".join(f"{violation.field}: {violation.en}" for violation in violations),
        )
        self.violations = tuple(violations)


class UnreadableBody(Refusal):
    """The request body cannot be parsed."""

    code = 10008
    ru = "Не удалось прочитать тело запроса: {ru}"
    en = "The request body cannot be read: {en}"


class BodyTooLarge(Refusal):
    """The request body is too large."""

    code = 10009
    states_only_limits = True
    ru = "Тело запроса больше {bytes_max} байт"
    en = "The request body is larger than {bytes_max} bytes"


class PathNotFound(Refusal):
    """The server has no such path.

    For a well-known wrong path, `ru` and `en` name the right path; for all other paths, they are empty.
    """

    code = 10010
    ru = "Адрес не найден: {path}{ru}"
    en = "Path not found: {path}{en}"


class MethodNotAllowed(Refusal):
    """The path exists, but does not support the HTTP method of the request."""

    code = 10011
    ru = "Метод {method} здесь не поддерживается. Используйте: {allowed}"
    en = "Method {method} is not supported here. Use: {allowed}"


class ContactUnusable(Refusal):
    """Neither the phone nor the fields of a form contain a usable phone or e-mail."""

    code = 10013
    ru = "Неверный номер телефона: передайте phone с кодом страны или почту в fields"
    en = "The phone number is wrong: send a phone with its country code, or an e-mail in fields"


class TokenRejected(Refusal):
    """The token is missing or unknown."""

    code = 10020
    ru = "Токен не передан или неизвестен. Проверьте {field}"
    en = "The token is missing or unknown. Check {field}"


class SiteMismatch(Refusal):
    """The token belongs to another site."""

    code = 10021
    ru = "Токен не даёт доступа к личному кабинету siteId={site_id}"
    en = "The token does not give access to siteId={site_id}"


class RateExceeded(Refusal):
    """One IP address sent too many requests within a second."""

    code = 10030
    ru = "Слишком много запросов с одного IP-адреса: в секунду разрешено {per_second}. Повторите через секунду"
    en = "Too many requests from one IP address: the limit per second is {per_second}. Try again in a second"


class PointsSpent(Refusal):
    """The site has used all of its API points for today."""

    code = 10031
    ru = "Суточные баллы API израсходованы. Повторите через {retry_after_seconds} с"
    en = "No API points are left for today. Try again in {retry_after_seconds} s"


class Overloaded(Refusal):
    """Too many writes or reads are waiting."""

    code = 10032
    ru = "Сервер перегружен, ничего не сохранено. Повторите через {retry_after_seconds} с"
    en = "The server is overloaded and stored nothing. Try again in {retry_after_seconds} s"


class DatabaseUnavailable(Refusal):
    """The database did not respond in time."""

    code = 10033
    ru = "База данных не отвечает. Повторите через {retry_after_seconds} с"
    en = "The database is not responding. Try again in {retry_after_seconds} s"


class AnonymousRateExceeded(Refusal):
    """One IP address sent, or one site received, too many requests without a token within a minute."""

    code = 10034
    ru = (
        "Слишком много запросов без токена с этого адреса или к этому кабинету. Повторите через {retry_after_seconds} с"
    )
    en = "Too many requests without a token from this address or for this site. Try again in {retry_after_seconds} s"


class DealKeyMissing(Refusal):
    """The request does not identify a deal."""

    code = 10040
    ru = "Укажите сделку: передайте orderId или orderNumber"
    en = "Specify the deal: send orderId or orderNumber"


class DealNotFound(Refusal):
    """The site has no such deal, or the deal is deleted."""

    code = 10041
    ru = "Сделка не найдена или удалена: {key}"
    en = "Deal not found or deleted: {key}"


class NumberTaken(Refusal):
    """Another deal has this number."""

    code = 10042
    ru = (
        "orderNumber {number} уже занят сделкой orderId {deal_id} с другими параметрами. "
        "Измените её или передайте другой номер"
    )
    en = (
        "orderNumber {number} is already used by deal orderId {deal_id} with other parameters. "
        "Change that deal or send another number"
    )


class NumberReused(Refusal):
    """Another deal has taken the number of a deleted deal."""

    code = 10048
    ru = "orderNumber {number} теперь занят сделкой orderId {deal_id}. Сначала измените или удалите её"
    en = "orderNumber {number} is now used by deal orderId {deal_id}. First change or delete that deal"


class CallAndLeadRequest(Refusal):
    """The request names both a call and a lead request as the lead of a deal."""

    code = 10043
    ru = "Сделку нельзя создать одновременно по звонку ({call}) и заявке ({lead_request}): оставьте что-то одно"
    en = "A deal cannot come from both a call ({call}) and a lead request ({lead_request}): send only one"


class DealNotDeleted(Refusal):
    """The deal to restore is not deleted."""

    code = 10044
    ru = "Сделка orderId {deal_id} не удалена"
    en = "Deal orderId {deal_id} is not deleted"


class LeadNotFound(Refusal):
    """The site has no such call or lead request, or the lead is deleted."""

    code = 10045
    ru = "Звонок или заявка {lead_id} не найдены"
    en = "Call or lead request {lead_id} not found"


class DealNotPinned(Refusal):
    """No person has pinned a lead to the deal, so there is nothing to unpin."""

    code = 10046
    ru = "Лид сделки orderId {deal_id} не закреплён вручную"
    en = "The lead of deal orderId {deal_id} is not pinned"


class LeadNotDeleted(Refusal):
    """The lead to restore is not deleted."""

    code = 10057
    ru = "Звонок или заявка {lead_id} не удалены"
    en = "Call or lead request {lead_id} is not deleted"


class LeadNotMatched(Refusal):
    """No lead matches the id or contacts that were sent."""

    code = 10059
    ru = "По переданным данным не найдено ни звонка, ни заявки"
    en = "No call or lead request matches what was sent"


class RecordingNotFound(Refusal):
    """The call has no recording, or the site has no call with this id."""

    code = 10058
    ru = "Запись звонка {call_id} не найдена"
    en = "Recording of call {call_id} not found"


class NameTaken(Refusal):
    """The name is already in use."""

    code = 10050
    ru = "Уже существует: {name}"
    en = "Already exists: {name}"


class LeadTaken(NameTaken):
    """A call or lead request of the site has this identifier; identifiers are never reused."""

    code = 10047
    ru = "{name} уже занят звонком или заявкой {lead_id}"
    en = "{name} is already used by call or lead request {lead_id}"


class SiteNotFound(Refusal):
    """There is no such site."""

    code = 10051
    ru = "Личный кабинет {site_id} не найден. Список: dealtrace site list"
    en = "Site {site_id} not found. To list sites: dealtrace site list"


class UnknownSetting(Refusal):
    """Sites have no such setting."""

    code = 10052
    ru = "Неизвестная настройка {key}. Доступны: {known}"
    en = "Unknown setting {key}. Available: {known}"


class InvalidSetting(Refusal):
    """The value is not valid for the setting."""

    code = 10053
    ru = "{key}: {ru}"
    en = "{key}: {en}"


class InvitationSpent(Refusal):
    """The one-time link has expired, was used or revoked, or never existed."""

    code = 10054
    ru = "Ссылка неверна, устарела или уже использована. Попросите новую. Если пользователей нет, перезапустите сервер"
    en = "The link is invalid, expired or already used. Ask for a new one. If there is no user yet, restart the server"


class TokenNotFound(Refusal):
    """There is no such token, or the token is already revoked."""

    code = 10055
    ru = "Действующий токен {token_id} не найден. Список: dealtrace token list"
    en = "No active token {token_id} found. To list tokens: dealtrace token list"


class PersonNotFound(Refusal):
    """Nothing is stored about this phone or e-mail."""

    code = 10056
    ru = "Ничего не найдено: {contact}"
    en = "Not found: {contact}"


class FileUnreadable(Refusal):
    """The file cannot be read as a table."""

    code = 10060
    ru = "Не удалось прочитать файл {file}: {ru}"
    en = "Cannot read {file}: {en}"


class ImportInProgress(Refusal):
    """Another command is importing the same file."""

    code = 10061
    ru = "Этот файл сейчас импортирует другая команда. Дождитесь её завершения"
    en = "Another command is importing this file. Wait until it has finished"


class WebhookNotFound(Refusal):
    """There is no such webhook."""

    code = 10062
    ru = "Вебхук {webhook_id} не найден. Список: dealtrace webhook list"
    en = "Webhook {webhook_id} not found. To list webhooks: dealtrace webhook list"


class DeliveryNotFound(Refusal):
    """The message was never sent to this webhook, or the record of the message has been deleted."""

    code = 10063
    ru = "Сообщение {message_id} этому вебхуку не отправлялось, или его запись уже удалена"
    en = "Message {message_id} was never sent to this webhook, or its record has already been deleted"


class HostNotFound(Refusal):
    """The site's settings have no such host."""

    code = 10074
    ru = "У личного кабинета {site_id} нет домена {host} ({kind}). Список: dealtrace source host list {site_id}"
    en = "Site {site_id} has no {kind} host {host}. To list hosts: dealtrace source host list {site_id}"


class LoginRefused(Refusal):
    """The login or the password is wrong; the message does not say which."""

    code = 10075
    ru = "Неверный логин или пароль"
    en = "Wrong login or password"


class InternalFailure(Refusal):
    """The server failed; the log has the details under the request id."""

    code = 500
    ru = "Внутренняя ошибка сервера. Сообщите администратору номер запроса: {request_id}"
    en = "Internal server error. Give the administrator this request id: {request_id}"
