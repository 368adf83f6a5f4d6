"""JSON bodies with a list of leads: the list is read as a whole, and each lead in it stands or falls alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from dealtrace.calltouch.parameters import CUSTOM, CUSTOM_FIELDS
from dealtrace.errors import InvalidParameters, UnreadableBody, Violation
from dealtrace.http.forms import Pairs
from dealtrace.http.parameters import Parameter, ParameterTable, Sent

ITEMS_MAX = 100
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Word = str | int | float | None
Shape = TypeVar("Shape", bound=msgspec.Struct)
_PLACE = re.compile(r" - at `\$\.?(.*)`$")


class Comment(msgspec.Struct, frozen=True):
    """A comment as an object."""

    text: Word = None


class Tag(msgspec.Struct, frozen=True):
    """A tag as an object."""

    tag: Word = None


class StatedSource(msgspec.Struct, frozen=True):
    """The source a sender states."""

    source: Word = None
    medium: Word = None
    campaign: Word = None
    content: Word = None
    term: Word = None


class FieldValue(msgspec.Struct, frozen=True):
    """The value of a custom field."""

    field: Word = None
    value: Word = None


class LeadItem(msgspec.Struct, frozen=True, rename="camel"):
    """What calls and lead requests have in common in a list; texts may come as numbers, as many programs send them."""

    manager: Word = None
    comment: Comment | str | None = None
    add_tags: Sequence[Tag | str] | None = None
    custom_sources: StatedSource | None = None
    custom_fields: Sequence[FieldValue] | None = None


@dataclass(frozen=True)
class Batch:
    """How a list of leads is written: what the list is called, and the shape and parameters of each lead in it."""

    name: str
    shape: type[LeadItem]
    table: ParameterTable

    def items_of(self, body: bytes) -> list[Any]:
        """Find the list in a body.

        Raises:
            UnreadableBody, InvalidParameters: there is none that can be read.
        """
        return read_list(body, self.name)

    def described(self) -> list[Parameter]:
        """List all that may be said of one lead, custom fields last."""
        return [*self.table.parameters, CUSTOM_FIELDS]

    def schema(self) -> Mapping[str, Any]:
        """Describe the body."""
        item = object_schema(self.described(), self.table.required)
        leads = {"type": "array", "minItems": 1, "maxItems": ITEMS_MAX, "items": item}
        return {"type": "object", "required": [self.name], "properties": {self.name: leads}}

    def read(self, item: Any) -> Sent:
        """Read one lead of the list.

        Raises:
            InvalidParameters: one violation for each value that is missing, malformed or out of range; the first
                alone where a value is of another kind than text or number.
        """
        told = read_item(item, self.shape)
        try:
            return self.table.read(Pairs(dict(_texts(told))))
        except InvalidParameters as fault:
            raise InvalidParameters([_renamed(one) for one in fault.violations]) from fault


def read_document(body: bytes) -> Any:
    """Read a body as JSON.

    Ours: a byte order mark in front, as 1C writes it, is passed over.

    Raises:
        UnreadableBody: it is no JSON.
    """
    try:
        return msgspec.json.decode(body.removeprefix(BYTE_ORDER_MARK))
    except (ValueError, RecursionError) as fault:
        raise UnreadableBody(ru="это не JSON в UTF-8", en="it is no JSON in UTF-8") from fault


def read_list(body: bytes, name: str) -> list[Any]:
    """Find the list of a name in a body.

    Raises:
        UnreadableBody: it is no JSON.
        InvalidParameters: there is no such list in it, or one that is empty or too long.
    """
    document = read_document(body)
    items = document.get(name) if isinstance(document, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= ITEMS_MAX:
        words = (f"ожидается список от 1 до {ITEMS_MAX} элементов", f"a list of 1 to {ITEMS_MAX} elements is expected")
        raise InvalidParameters([Violation(name, *words)])
    return items


def read_item(item: Any, shape: type[Shape]) -> Shape:
    """Read one thing of a list.

    Raises:
        InvalidParameters: a value is of another kind than its place wants; the first alone is told of.
    """
    try:
        return msgspec.convert(item, shape)
    except msgspec.ValidationError as fault:
        raise InvalidParameters([_wrong_kind(str(fault))]) from fault


def object_schema(parameters: Sequence[Parameter], required: Sequence[str]) -> dict[str, Any]:
    """Describe an object in JSON Schema; a dotted name stands for a part of an object inside."""
    parts: dict[str, Any] = {}
    for one in parameters:
        name, _, part = one.name.partition(".")
        said = {**one.type.schema(), "description": one.en}
        if part:
            parts.setdefault(name, {"type": "object", "properties": {}})["properties"][part] = said
        else:
            parts[name] = said
    return {"type": "object", "required": list(required), "properties": parts}


def _wrong_kind(words: str) -> Violation:
    place = _PLACE.search(words)
    field = place[1] if place is not None else ""
    return Violation(field or "*", "значение не того типа", _PLACE.sub("", words))


def _renamed(violation: Violation) -> Violation:
    """Name a custom field as this body does."""
    if not violation.field.startswith(CUSTOM.opening):
        return violation
    return Violation(f"{CUSTOM_FIELDS.name}[{violation.field.removeprefix(CUSTOM.opening)}", violation.ru, violation.en)


def _texts(told: LeadItem) -> Iterator[tuple[str, str]]:
    """Spell a lead as parameters: parts by dotted names, tags as one text, custom fields as forms have them."""
    for part in msgspec.structs.fields(told):
        match getattr(told, part.name):
            case str() | int() | float() as word:
                yield (f"{part.encode_name}.text" if part.name == "comment" else part.encode_name), str(word)
            case Comment() | StatedSource() as nested:
                for name, word in msgspec.structs.asdict(nested).items():
                    yield f"{part.encode_name}.{name}", word_text(word)
    yield "addTags", ",".join(word_text(one.tag) if isinstance(one, Tag) else one for one in told.add_tags or ())
    for one in reversed(told.custom_fields or ()):
        yield f"{CUSTOM.name}[{word_text(one.field)}]", word_text(one.value)


def word_text(word: Word) -> str:
    """Spell what may come as text or number; nothing is empty."""
    return "" if word is None else str(word)
