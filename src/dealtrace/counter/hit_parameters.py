"""The parameters of an opened page; unreadable optional values are left out, and the page is still counted.

A required URL that is too long is cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import msgspec

from dealtrace.attribution.urls import URL_LENGTH_MAX
from dealtrace.attribution.visit import CLIENT_ID_LENGTH_MAX, IP_LENGTH_MAX, USER_AGENT_LENGTH_MAX
from dealtrace.attribution.visits_from_hits import ATTRS_LENGTH_MAX, bounded_attrs
from dealtrace.errors import InvalidValue
from dealtrace.http.client_address import read_address
from dealtrace.http.parameter_table import Parameter, ParameterTable, Sent
from dealtrace.http.parameter_types import Integer, Text
from dealtrace.http.query_string import Pairs
from dealtrace.record import record
from dealtrace.whole_number import ID_MAX

ATTRS_READ_MAX = 65_536
"""The maximum length in characters of the JSON of third-party parameters; longer JSON is dropped."""
VISITOR_DIGITS_MAX = 20
"""The maximum number of digits in a visitor's id, enough for 64-bit numbers; the vendor's cookie has 18 or 19."""


@runtime_checkable
class LenientType(Protocol):
    """The type of a parameter whose unusable values are not refused: only the usable part of a value is kept.

    If no part of the value is usable, the parameter counts as missing.
    """

    def salvage(self, text: str) -> tuple[object, bool]:
        """Return the usable part of a string (`None` if there is none) and whether all of it is usable; never raise."""


@record
class CutText(Text):
    """The type of a string that is cut if it is too long."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Return the usable part of the string, and whether that is the whole string.

        The string is cut, and null characters are left out. If nothing is left, the first item is `None`.
        """
        kept = storable(text)[: self.length_max]
        return kept or None, kept == text


@record
class WholeText(Text):
    """The type of a string that is dropped if it is too long."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Return the string and `True`, or `None` and `False` if the string is too long or has null characters."""
        return (text, True) if len(text) <= self.length_max and text == storable(text) else (None, False)


@record
class VisitorName(Text):
    """The type of a visitor's id; ids from other counters may have more digits than our own."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Return the id and `True`, or `None` and `False` if the string is not a number above zero."""
        name = text.strip()
        is_name = name.isascii() and name.isdigit() and len(name) <= self.length_max and int(name) > 0
        return (name, True) if is_name else (None, False)


@record
class IpAddressType(Text):
    """The type of an IP address."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Return the address and `True`, or `None` and `False` if the string is neither IPv4 nor IPv6.

        The address is returned without zone, port and brackets.
        """
        address = read_address(text.strip())
        return (None, False) if address is None else (str(address), True)


@record
class AttrsObject:
    """The type of third-party parameters: a JSON object whose values are strings, numbers, booleans or null."""

    length_max: int
    erased: None = None

    def read(self, text: str) -> Mapping[str, object]:
        """Return the members of the object by name.

        Raises:
            InvalidValue: the string is not a JSON object, has nested objects, or has values that cannot be stored.
        """
        kept, is_whole = self.salvage(text)
        if kept is None or not is_whole:
            raise InvalidValue(
                'ожидается объект JSON без вложенных объектов, например {"a": 1}',
                'must be a JSON object without nested objects, such as {"a": 1}',
            )
        return kept

    def salvage(self, text: str) -> tuple[Mapping[str, object] | None, bool]:
        """Return the storable members of the JSON object, and whether all its members are storable.

        If no member is storable, or the string is not a JSON object, the first item is `None`.
        """
        try:
            members = msgspec.json.decode(text[:ATTRS_READ_MAX], type=dict[str, object])
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return None, False
        plain = {name: value for name, value in members.items() if _is_plain(value) and "\0" not in f"{name}{value}"}
        kept = bounded_attrs(plain)
        return kept or None, len(kept) == len(members)

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "maxLength": self.length_max, "contentMediaType": "application/json"}


@dataclass(slots=True)
class SentHit(Sent):
    """The parsed parameters of a hit; `unreadable` names the parameters that could not be read completely."""

    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class HitTable(ParameterTable):
    """The parameters of a hit (an opened page).

    Ours: only the usable part of an invalid value is kept, and a hit is never refused because of an optional value.
    Nobody would see a refusal, and a single refused value could lose all visits of a visitor.
    """

    def read(self, pairs: Pairs) -> SentHit:
        """Return the parsed values of all known parameters, and the names of the unknown ones.

        Raises:
            InvalidParameters: a required parameter is missing or malformed.
        """
        optional = self._lenient_types(required=False)
        required = Pairs(
            {name: text for name, text in pairs.values.items() if name not in optional},
            {name: fault for name, fault in pairs.broken.items() if name not in optional},
        )
        unreadable = {name for name in pairs.broken if name in optional and name not in pairs.values}
        for name, kind in self._lenient_types(required=True).items():
            value, is_whole = kind.salvage(required.values.get(name, ""))
            if not is_whole and value is not None:
                required.values[name] = str(value)
                unreadable.add(name)
        sent = ParameterTable.read(self, required)
        for name, kind in optional.items():
            if not (text := pairs.values.get(name, "")):
                continue
            value, is_whole = kind.salvage(text)
            if value is not None:
                sent.values[name], sent.texts[name] = value, text
            if not is_whole:
                unreadable.add(name)
        return SentHit(sent.values, sent.custom, sent.texts, sent.unknown, unreadable=tuple(sorted(unreadable)))

    def _lenient_types(self, *, required: bool) -> dict[str, LenientType]:
        return {
            parameter.name: parameter.type
            for parameter in self.parameters
            if isinstance(parameter.type, LenientType) and parameter.required is required
        }


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def storable(text: str) -> str:
    """Return a string without its null characters, since databases cannot store null characters."""
    return text.replace("\0", "")


SESSION_ID = Parameter(
    "sessionId",
    VisitorName(len(str(ID_MAX))),
    "Идентификатор сессии.",
    "The id of the visit.",
)
TABLE = HitTable(
    (
        Parameter("siteId", Integer(1), "Номер личного кабинета.", "The id of the site.", required=True),
        Parameter(
            "url", CutText(URL_LENGTH_MAX), "Адрес открытой страницы.", "The page that was opened.", required=True
        ),
        Parameter(
            "referrer", CutText(URL_LENGTH_MAX), "Страница, с которой пришли.", "The page the visitor came from."
        ),
        Parameter(
            "visitorId",
            VisitorName(VISITOR_DIGITS_MAX),
            "ID посетителя из прошлого ответа или из cookie другого счётчика; без него посетитель считается новым.",
            "The visitor's id from the last answer or from another counter's cookie; without it the visitor is new.",
        ),
        Parameter(
            "googleClientId",
            WholeText(CLIENT_ID_LENGTH_MAX),
            "Client ID Google Analytics.",
            "The client id of Google Analytics.",
        ),
        Parameter(
            "yandexClientId",
            WholeText(CLIENT_ID_LENGTH_MAX),
            "ClientID Яндекс.Метрики.",
            "The client id of Yandex Metrica.",
        ),
        Parameter(
            "attrs",
            AttrsObject(ATTRS_LENGTH_MAX),
            "Сторонние параметры: объект JSON.",
            "Third-party parameters: a JSON object.",
        ),
        Parameter(
            "ip",
            IpAddressType(IP_LENGTH_MAX),
            "IP-адрес посетителя, если запрос отправляет сервер сайта; по умолчанию адрес запроса.",
            "The visitor's IP address, sent by the site's server. The default is the IP address that sent the request.",
        ),
        Parameter(
            "userAgent",
            CutText(USER_AGENT_LENGTH_MAX),
            "User-Agent посетителя, если запрос отправляет сервер сайта. Без ip берётся из запроса.",
            "The visitor's user agent, sent by the site's server. Without ip, it defaults to the request's user agent.",
        ),
    )
)
ATTRS_TABLE = HitTable((TABLE.named["siteId"], SESSION_ID, TABLE.named["attrs"]))
