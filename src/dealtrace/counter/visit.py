"""`POST /counter/visit`: take in a page that a visitor opened, from the script or from the site's own server."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

import msgspec

from dealtrace.attribution.classification import ADDRESS_LENGTH_MAX
from dealtrace.attribution.stay import Hit
from dealtrace.attribution.visit import Visit
from dealtrace.counter.city import city_of
from dealtrace.counter.device import equipment_of
from dealtrace.errors import InvalidValue
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_types import DIGITS_MAX, ID_MAX, Integer, Text
from dealtrace.http.parameters import Parameter, ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.operations.visits.count_hits import count_hits
from dealtrace.record import record

USER_AGENT_LENGTH_MAX = 1024
CLIENT_ID_LENGTH_MAX = 100
ATTRS_LENGTH_MAX = 4096
ATTRS_MAX = 100
IP_LENGTH_MAX = 45


class DropReason(StrEnum):
    """Why a hit is not counted."""

    DO_NOT_TRACK = "do_not_track"
    ROBOT = "robot"


@record
class Address(Text):
    """An IP address."""

    def read(self, text: str) -> str:
        """Read the address."""
        try:
            return str(ip_address(text.strip()))
        except ValueError as fault:
            raise InvalidValue("ожидается адрес IPv4 или IPv6", "an IPv4 or IPv6 address is expected") from fault


@record
class Attrs:
    """Third-party parameters: a JSON object of texts, numbers, yes and no."""

    length_max: int
    erased: None = None

    def read(self, text: str) -> Mapping[str, Any]:
        """Read the object."""
        Text(self.length_max).read(text)
        try:
            told = msgspec.json.decode(text, type=dict[str, str | int | float | bool | None])
        except (msgspec.DecodeError, RecursionError) as fault:
            raise InvalidValue(
                'ожидается объект JSON без вложений, например {"a": 1}',
                'a JSON object without others inside is expected, such as {"a": 1}',
            ) from fault
        if len(told) > ATTRS_MAX or any("\0" in f"{name}{value}" for name, value in told.items()):
            raise InvalidValue(
                f"до {ATTRS_MAX} параметров без нулевых байтов", f"{ATTRS_MAX} parameters at most, without zero bytes"
            )
        return told

    def schema(self) -> Mapping[str, Any]:
        """Describe the object, which is sent as text."""
        return {"type": "string", "maxLength": self.length_max, "contentMediaType": "application/json"}


TABLE = ParameterTable(
    (
        Parameter("siteId", Integer(1), "Номер личного кабинета.", "The number of the site.", required=True),
        Parameter(
            "url", Text(ADDRESS_LENGTH_MAX), "Адрес открытой страницы.", "The page that was opened.", required=True
        ),
        Parameter(
            "referrer", Text(ADDRESS_LENGTH_MAX), "Страница, с которой пришли.", "The page that led there, if any."
        ),
        Parameter(
            "visitorId",
            Text(DIGITS_MAX),
            "Посетитель, как его назвал прошлый ответ; без него — новый.",
            "The visitor, as the last answer named them; without it they are new.",
        ),
        Parameter(
            "googleClientId", Text(CLIENT_ID_LENGTH_MAX), "Client ID Google Analytics.", "The client id of Google."
        ),
        Parameter("yandexClientId", Text(CLIENT_ID_LENGTH_MAX), "ClientID Яндекс.Метрики.", "The client id of Yandex."),
        Parameter(
            "attrs",
            Attrs(ATTRS_LENGTH_MAX),
            "Сторонние параметры: объект JSON.",
            "Third-party parameters: a JSON object.",
        ),
        Parameter(
            "ip",
            Address(IP_LENGTH_MAX),
            "Адрес посетителя, если сообщает сервер сайта; по умолчанию адрес запроса.",
            "The visitor's address when the site's server reports; by default the request's.",
        ),
        Parameter(
            "userAgent",
            Text(USER_AGENT_LENGTH_MAX),
            "Браузер посетителя, если сообщает сервер сайта; по умолчанию из запроса.",
            "The visitor's browser when the site's server reports; by default the request's.",
        ),
    )
)


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Count the hit, unless one of the steps drops it, and tell the visit it belongs to."""
    hit = read_hit(caller, sent)
    for step in STEPS:
        outcome = step(caller, hit)
        if isinstance(outcome, DropReason):
            return _answer(None, outcome, "hit_dropped", site_id=caller.site.id, reason=outcome.value)
        hit = outcome
    visit: Visit = await caller.write(count_hits, hit)
    return _answer(visit, None, "hit_counted", site_id=caller.site.id, visit_id=visit.id)


def _answer(visit: Visit | None, dropped: DropReason | None, event: str, **facts: Any) -> Reply:
    told = {
        "sessionId": visit.id if visit is not None else None,
        "visitorId": visit.visitor_id if visit is not None else None,
        "dropped": dropped,
    }
    return success(told, event, **facts)


def read_hit(caller: Caller, sent: Sent) -> Hit:
    """Turn what was sent into a hit; a visitor whose name is none of ours gets one."""
    visitor_id = sent.get("visitorId", "")
    is_ours = visitor_id.isascii() and visitor_id.isdigit() and 0 < int(visitor_id) <= ID_MAX
    return Hit(
        visitor_id=visitor_id if is_ours else str(1 + secrets.randbelow(ID_MAX)),
        url=sent["url"],
        referrer=sent.get("referrer", ""),
        ip=sent.get("ip", caller.ip),
        user_agent=sent.get("userAgent", _storable(caller.header(b"user-agent"))),
        google_client_id=sent.get("googleClientId"),
        yandex_client_id=sent.get("yandexClientId"),
        attrs=sent.get("attrs", {}),
    )


def _storable(text: str) -> str:
    return text.replace("\0", "")[:USER_AGENT_LENGTH_MAX]


def leave_alone_who_asks(caller: Caller, hit: Hit) -> Hit | DropReason:
    """Drop who asks not to be tracked, where the site respects that."""
    asks = caller.header(b"dnt") == "1" or caller.header(b"sec-gpc") == "1"
    return DropReason.DO_NOT_TRACK if asks and caller.site.respects_do_not_track else hit


def tell_equipment(_caller: Caller, hit: Hit) -> Hit | DropReason:
    """Tell device, system and browser; drop robots."""
    equipment = equipment_of(hit.user_agent)
    if equipment.is_robot:
        return DropReason.ROBOT
    return replace(hit, device=equipment.device, os=equipment.os, browser=equipment.browser)


def tell_city(_caller: Caller, hit: Hit) -> Hit:
    """Tell the city of the address."""
    return replace(hit, city=city_of(hit.ip))


STEPS: tuple[Callable[[Caller, Hit], Hit | DropReason], ...] = (leave_alone_who_asks, tell_equipment, tell_city)
"""What a hit passes before it is counted; any step may drop it."""
