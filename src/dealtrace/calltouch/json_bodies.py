"""Parse JSON bodies with a list of leads; an invalid lead does not affect the other leads."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import msgspec

from dealtrace.calltouch.json_keys import named_values
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.parameters import CUSTOM, CUSTOM_FIELDS
from dealtrace.errors import InvalidParameters, Refusal, UnreadableBody, Violation
from dealtrace.http.body import without_byte_order_mark
from dealtrace.http.json_item_keys import ListedItems
from dealtrace.http.parameter_table import MISSPELT_LENGTH_MAX, Parameter, ParameterTable, Sent
from dealtrace.http.query_string import Pairs
from dealtrace.plain_text import stripped

ITEMS_MAX = 100
_PHONE_NAME = "phone"
"""The string, in lower case, that marks keys whose values are phones, such as `phoneNumber`, `waPhone` and `phones`."""
_FIELD_VALUE = "value"
"""The key of the value of a field, which may be a phone whatever the field is called."""

Shape = TypeVar("Shape", bound=msgspec.Struct)
P = ParamSpec("P")
Value = TypeVar("Value")
Outcome = TypeVar("Outcome")
_PLACE = re.compile(r" - at `\$\.?(.*)`$")
_EXPECTED = re.compile(r"Expected `(.+)`, got `(.+)`")
_TYPES: Mapping[str, tuple[str, str]] = {
    "str": ("текст", "a string"),
    "int": ("число", "a number"),
    "float": ("число", "a number"),
    "bool": ("true или false", "true or false"),
    "null": ("null", "null"),
    "array": ("список", "a list"),
    "object": ("объект", "an object"),
}
"""Maps the types of JSON values, as msgspec writes them, to Russian and English words."""


class Comment(msgspec.Struct, frozen=True):
    """A comment sent as an object."""

    text: SentScalar = None


class Tag(msgspec.Struct, frozen=True):
    """A tag sent as an object."""

    tag: SentScalar = None


class StatedSource(msgspec.Struct, frozen=True):
    """The traffic source that the sender of a lead or of a deal states."""

    source: SentScalar = None
    medium: SentScalar = None
    campaign: SentScalar = None
    content: SentScalar = None
    term: SentScalar = None


class FieldValue(msgspec.Struct, frozen=True):
    """The value of a custom field."""

    field: SentScalar = None
    value: SentScalar = None


class LeadItem(msgspec.Struct, frozen=True, rename="camel"):
    """The keys that calls and lead requests in a list have in common; strings may also be sent as numbers."""

    manager: SentScalar = None
    comment: Comment | SentScalar = None
    add_tags: Sequence[Tag | SentScalar] | None = None
    custom_sources: StatedSource | None = None
    custom_fields: Sequence[FieldValue] | None = None


@dataclass(frozen=True)
class ObjectBody:
    """The format of a body that is a single object, treated as a list with one item."""

    parameters: tuple[Parameter, ...]
    name: str = ""

    def items_of(self, body: bytes) -> ListedItems:
        """Parse the body as JSON, whatever its Content-Type, and return it as the only item of a list.

        Raises:
            UnreadableBody: the body is not JSON.
        """
        return ListedItems([read_document(body)])

    def described(self) -> list[Parameter]:
        """List the parameters of the body."""
        return list(self.parameters)

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of the body."""
        return object_schema(self.parameters, [each.name for each in self.parameters if each.required])


@dataclass(frozen=True)
class LeadListFormat:
    """The format of a list of leads: its key in the body, and the msgspec struct and the parameters of each lead."""

    name: str
    shape: type[LeadItem]
    table: ParameterTable

    def items_of(self, body: bytes) -> ListedItems:
        """Return the items of the list in a request body.

        Raises:
            UnreadableBody: the body is not JSON.
            InvalidParameters: the list is missing, empty or too long.
        """
        return read_items(body, self.name)

    def described(self) -> list[Parameter]:
        """List the parameters of a lead, custom fields last."""
        return [*self.table.parameters, CUSTOM_FIELDS]

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of the request body."""
        return list_schema(self.name, self.described(), self.table.required)

    def read(self, item: object) -> Sent:
        """Parse an item of the list as a lead.

        Raises:
            InvalidParameters: one violation for each value that is missing, malformed or out of range; if values have
                the wrong JSON type, only the first such value is reported.
        """
        lead = read_item(item, self.shape)
        try:
            return self.table.read(Pairs(dict(_texts(lead))))
        except InvalidParameters as fault:
            raise InvalidParameters([renamed(violation) for violation in fault.violations]) from fault


def read_document(body: bytes) -> object:
    """Parse a body as JSON.

    Ours: a phone sent as a number with decimals or an exponent, such as `7.92055500E+10`, is returned as a string,
    exactly as sent, and so is the value of a custom field sent with an exponent. The sender has rounded the digits, so
    a phone converted to a whole number would be somebody else's phone.

    Raises:
        UnreadableBody: the body is not JSON.
    """
    floats: list[_SentFloat] = []

    def read_float(text: str) -> _SentFloat:
        floats.append(_SentFloat(text))
        return floats[-1]

    try:
        document = msgspec.json.Decoder(float_hook=read_float).decode(without_byte_order_mark(body))
        return _with_phones_as_sent(document) if floats else document
    except (ValueError, RecursionError) as fault:
        raise UnreadableBody(ru="это не JSON в кодировке UTF-8", en="this is not JSON in UTF-8") from fault


class _SentFloat(float):
    """A float parsed from a number with decimals or an exponent; `as_sent` is the string that was sent."""

    __slots__ = ("as_sent",)

    def __init__(self, text: str) -> None:
        """Store `text`, the number as it was sent.

        Raises:
            ValueError: the number is too large for a float.
        """
        self.as_sent = text
        if not math.isfinite(self):
            raise ValueError(text)


def _with_phones_as_sent(value: object, name: str = "") -> object:
    match value:
        case _SentFloat():
            is_rounded = name == _FIELD_VALUE and "e" in value.as_sent.lower()
            return value.as_sent if is_rounded or _PHONE_NAME in name.lower() else float(value)
        case dict():
            return {key: _with_phones_as_sent(part, key) for key, part in value.items()}
        case list():
            return [_with_phones_as_sent(part, name) for part in value]
        case _:
            return value


def read_or_refuse(read: Callable[P, Value], *args: P.args, **kwargs: P.kwargs) -> Value | InvalidParameters:
    """Return what `read` returns; if the item is invalid, return the error that lists its violations."""
    try:
        return read(*args, **kwargs)
    except InvalidParameters as fault:
        return fault


def outcomes_in_order(read: Iterable[object], stored: Iterable[Outcome]) -> list[Outcome | Refusal]:
    """Return an outcome for each item of a list, in input order.

    `read` has the parsed items, with a refusal in place of each refused item. `stored` has the outcomes of the other
    items, in input order.
    """
    rest = iter(stored)
    return [each if isinstance(each, Refusal) else next(rest) for each in read]


def read_items(body: bytes, name: str) -> ListedItems:
    """Return the items of the list under the key `name` in a JSON body; all other keys of the body count as unknown.

    Raises:
        UnreadableBody: the body is not JSON.
        InvalidParameters: the list is missing, empty or too long.
    """
    document = read_document(body)
    return ListedItems(list_in(document, name), keys_beside(document, name))


def keys_beside(document: object, *known: str) -> list[str]:
    """List the keys of a parsed JSON body that are not `known`."""
    if not isinstance(document, dict):
        return []
    lists = {key_of_list(document, name) for name in known}
    return [key for key in document if key not in lists]


def list_in(document: object, name: str) -> list[object]:
    """Return the items of the list under the key `name` in a parsed JSON body.

    Raises:
        InvalidParameters: the list is missing, empty or too long.
    """
    items = document.get(key_of_list(document, name)) if isinstance(document, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= ITEMS_MAX:
        other_ru, other_en = _other_list(document, name)
        raise InvalidParameters([
            Violation(
                name,
                f"ожидается список от 1 до {ITEMS_MAX} элементов{other_ru}",
                f"a list of 1 to {ITEMS_MAX} elements is expected{other_en}",
            )
        ])  # fmt: skip
    return items


def key_of_list(document: Mapping[str, object], name: str) -> str:
    """Return the key `name` as it is written in a JSON body, where its case may differ."""
    return name if name in document else next((key for key in document if key.lower() == name.lower()), name)


def _other_list(document: object, name: str) -> tuple[str, str]:
    """Return a hint in Russian and English about a missing list, or two empty strings if the list `name` was sent."""
    like_ru, like_en = f", в теле вида {{{name}: […]}}", f", in a body like {{{name}: […]}}"
    if not isinstance(document, dict):
        return like_ru, like_en
    sent = document.get(key_of_list(document, name))
    if isinstance(sent, list):
        return "", ""
    others = (key for key in document if isinstance(document[key], list) and len(key) <= MISSPELT_LENGTH_MAX)
    if sent is None and (other := next(others, None)) is not None:
        return f"{like_ru}, вместо него передан {other}", f"{like_en}, but {other} was sent instead"
    return like_ru, like_en


def read_item(item: object, shape: type[Shape]) -> Shape:
    """Convert an item of a list to the msgspec struct `shape`.

    Raises:
        InvalidParameters: a value has the wrong type; only the first such value is reported.
    """
    try:
        return msgspec.convert(item, shape)
    except msgspec.ValidationError as fault:
        raise InvalidParameters([_wrong_type(str(fault))]) from fault


def list_schema(name: str, parameters: Sequence[Parameter], required: Sequence[str]) -> dict[str, object]:
    """Return the JSON Schema of a body that has a list of at most `ITEMS_MAX` objects under the key `name`."""
    item = object_schema(parameters, required)
    listed = {"type": "array", "minItems": 1, "maxItems": ITEMS_MAX, "items": item}
    return {"type": "object", "required": [name], "properties": {name: listed}}


def object_schema(parameters: Sequence[Parameter], required: Sequence[str]) -> dict[str, object]:
    """Return the JSON Schema of an object with `parameters`; the dotted name `a.b` becomes key `b` of an object `a`."""
    parts: dict[str, dict[str, object]] = {}
    inner: dict[str, dict[str, object]] = {}
    for parameter in parameters:
        name, _, part = parameter.name.partition(".")
        schema = {**parameter.type.schema(), "description": parameter.en}
        if part:
            inner.setdefault(name, {})[part] = schema
            parts[name] = {"type": "object", "properties": inner[name]}
        else:
            parts[name] = schema
    return {"type": "object", "required": list(required), "properties": parts}


def _wrong_type(message: str) -> Violation:
    place = _PLACE.search(message)
    field = place[1] if place is not None else ""
    return Violation(field or "*", *_expectation(_PLACE.sub("", message)))


def _expectation(message: str) -> tuple[str, str]:
    """Return the expected types and the sent type, in Russian and English, parsed from a message of msgspec."""
    found = _EXPECTED.fullmatch(message)
    names = found[1].split(" | ") if found is not None else []
    expected = [names_of_type for name, names_of_type in _TYPES.items() if name in names and name != "null"]
    if found is None or not expected or found[2] not in _TYPES:
        return "значение недопустимо", message
    ru, en = (dict.fromkeys(names_of_type) for names_of_type in zip(*expected, strict=True))
    sent_ru, sent_en = _TYPES[found[2]]
    return f"ожидается {' или '.join(ru)}, передано: {sent_ru}", f"{' or '.join(en)} is expected, not {sent_en}"


def renamed(violation: Violation) -> Violation:
    """Return a violation with the field `custom[name]` renamed to `customFields[name]`; other fields are unchanged."""
    if not violation.field.startswith(CUSTOM.opening):
        return violation
    return Violation(f"{CUSTOM_FIELDS.name}[{violation.field.removeprefix(CUSTOM.opening)}", violation.ru, violation.en)


def _texts(lead: LeadItem) -> Iterator[tuple[str, str]]:
    """Yield each value of a lead as a name and a string; nested keys have dotted names, tags are joined by commas."""
    for key, value in named_values(lead):
        match value:
            case str() | int() | float() as word:
                yield (f"{key}.text" if key == "comment" else key), scalar_text(word)
            case Comment() | StatedSource() as nested:
                for name, word in msgspec.structs.asdict(nested).items():
                    yield f"{key}.{name}", scalar_text(word)
    yield "addTags", joined_tags(lead.add_tags or ())
    for name, text in values_by_field(lead.custom_fields or ()).items():
        yield f"{CUSTOM.name}[{name}]", text


def joined_tags(tags: Iterable[Tag | SentScalar]) -> str:
    """Return all tags as one string, joined by commas; tags may be sent as objects, strings or numbers."""
    return ",".join(scalar_text(tag.tag if isinstance(tag, Tag) else tag) for tag in tags)


def values_by_field(fields: Iterable[FieldValue]) -> dict[str, str]:
    """Return the values of custom fields by name; if a field is repeated, its first value is used."""
    values: dict[str, str] = {}
    for field in fields:
        values.setdefault(stripped(scalar_text(field.field)), scalar_text(field.value))
    return values
