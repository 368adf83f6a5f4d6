"""What may be said of a page that was opened. Whatever of it cannot be read is left out: the visit still counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, runtime_checkable

import msgspec

from dealtrace.attribution.addresses import ADDRESS_LENGTH_MAX
from dealtrace.attribution.hit import ATTRS_LENGTH_MAX, bounded_attrs
from dealtrace.errors import InvalidValue
from dealtrace.http.forms import Pairs
from dealtrace.http.parameter_types import ID_MAX, Integer, Text
from dealtrace.http.parameters import Parameter, ParameterTable, Sent
from dealtrace.record import record

USER_AGENT_LENGTH_MAX = 1024
CLIENT_ID_LENGTH_MAX = 100
ATTRS_READ_MAX = 65_536
"""Longer objects are not even looked into."""
IP_LENGTH_MAX = 45
VISITOR_DIGITS_MAX = 20
"""The vendor's cookie has 18 or 19 digits; twenty hold every number of 64 bits."""


@runtime_checkable
class Salvaged(Protocol):
    """A type of an optional value: it takes what it can read of a text and refuses nothing."""

    def salvage(self, text: str) -> tuple[object, bool]:
        """Return what can be read, `None` for nothing, and whether that is the whole text."""


@record
class CutText(Text):
    """A text of which the beginning is worth keeping."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Cut the text to its limit; zero bytes are dropped."""
        kept = storable(text)[: self.length_max]
        return kept or None, kept == text


@record
class WholeText(Text):
    """A text that is worth nothing when cut."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Take the text if it fits and has no zero bytes."""
        return (text, True) if len(text) <= self.length_max and text == storable(text) else (None, False)


@record
class VisitorName(Text):
    """A visitor's number, ours or that of another counter, which may be longer than any number of ours."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Take a number above zero."""
        name = text.strip()
        is_name = name.isascii() and name.isdigit() and len(name) <= self.length_max and int(name) > 0
        return (name, True) if is_name else (None, False)


@record
class Address(Text):
    """An IP address."""

    def salvage(self, text: str) -> tuple[str | None, bool]:
        """Take an address of either version."""
        try:
            return str(ip_address(text.strip())), True
        except ValueError:
            return None, False


@record
class Attrs:
    """Third-party parameters: a JSON object of texts, numbers, yes and no."""

    length_max: int
    erased: None = None

    def read(self, text: str) -> Mapping[str, object]:
        """Read the object.

        Raises:
            Malformed: it is none, or has parts that cannot be kept.
        """
        kept, is_whole = self.salvage(text)
        if kept is None or not is_whole:
            raise InvalidValue(
                'ожидается объект JSON без вложений, например {"a": 1}',
                'a JSON object without others inside is expected, such as {"a": 1}',
            )
        return kept

    def salvage(self, text: str) -> tuple[Mapping[str, object] | None, bool]:
        """Take the members that are plain values, up to the limits, in the order they are written."""
        try:
            members = msgspec.json.decode(text[:ATTRS_READ_MAX], type=dict[str, object])
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return None, False
        plain = {name: value for name, value in members.items() if _is_plain(value) and "\0" not in f"{name}{value}"}
        kept = bounded_attrs(plain)
        return kept or None, len(kept) == len(members)

    def schema(self) -> Mapping[str, object]:
        """Describe the object, which is sent as text."""
        return {"type": "string", "maxLength": self.length_max, "contentMediaType": "application/json"}


@dataclass(slots=True)
class SentHit(Sent):
    """What was sent of a hit; `passed_over` names the values of which not everything could be read."""

    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class HitTable(ParameterTable):
    """The parameters of a hit: those that are required are read as everywhere, of the others what can be read.

    Ours: a page reports by itself, and nobody sees the refusal; a value that is refused would cost every visit of that
    visitor.
    """

    def read(self, pairs: Pairs) -> SentHit:
        """Read every known parameter; unknown ones are passed over.

        Raises:
            InvalidParameters: a required one is missing or malformed.
        """
        optional = {
            parameter.name: parameter.type for parameter in self.parameters if isinstance(parameter.type, Salvaged)
        }
        required = Pairs(
            {name: text for name, text in pairs.values.items() if name not in optional},
            {name: fault for name, fault in pairs.broken.items() if name not in optional},
        )
        sent = ParameterTable.read(self, required)
        passed_over = {name for name in pairs.broken if name in optional and name not in pairs.values}
        for name, kind in optional.items():
            if not (text := pairs.values.get(name, "")):
                continue
            value, is_whole = kind.salvage(text)
            if value is not None:
                sent.values[name], sent.texts[name] = value, text
            if not is_whole:
                passed_over.add(name)
        return SentHit(sent.values, sent.custom, sent.texts, passed_over=tuple(sorted(passed_over)))


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def storable(text: str) -> str:
    """Return a text without zero bytes, which no database holds."""
    return text.replace("\0", "")


SESSION_ID = Parameter(
    "sessionId",
    VisitorName(len(str(ID_MAX))),
    "Идентификатор сессии.",
    "The visit.",
)
TABLE = HitTable(
    (
        Parameter("siteId", Integer(1), "Номер личного кабинета.", "The number of the site.", required=True),
        Parameter(
            "url", Text(ADDRESS_LENGTH_MAX), "Адрес открытой страницы.", "The page that was opened.", required=True
        ),
        Parameter(
            "referrer", CutText(ADDRESS_LENGTH_MAX), "Страница, с которой пришли.", "The page that led there, if any."
        ),
        Parameter(
            "visitorId",
            VisitorName(VISITOR_DIGITS_MAX),
            "Посетитель, как его назвал прошлый ответ или cookie другого счётчика; без него — новый.",
            "The visitor, as the last answer or another counter's cookie named them; without it they are new.",
        ),
        Parameter(
            "googleClientId", WholeText(CLIENT_ID_LENGTH_MAX), "Client ID Google Analytics.", "The client id of Google."
        ),
        Parameter(
            "yandexClientId", WholeText(CLIENT_ID_LENGTH_MAX), "ClientID Яндекс.Метрики.", "The client id of Yandex."
        ),
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
            CutText(USER_AGENT_LENGTH_MAX),
            "Браузер посетителя, если сообщает сервер сайта; по умолчанию из запроса, если в нём нет ip.",
            "The visitor's browser when the site's server reports; by default the request's if it states no ip.",
        ),
    )
)
ATTRS_TABLE = HitTable((TABLE.named["siteId"], SESSION_ID, TABLE.named["attrs"]))
