"""Derive JSON Schema from the Python types of answers."""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NotRequired, Union

import msgspec

Schema = Mapping[str, Any]
"""A JSON Schema; its values are typed Any: they are strings, numbers, lists or further schemas."""
_MADE_OF_OTHERS = (Union, types.UnionType, dict, Mapping, list, tuple, Sequence)
REFERENCE = "#/components/schemas/"


class Components:
    """The schemas of named objects, each described once and referred to by name."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._types: dict[str, object] = {}

    def describe(self, described: object) -> Schema:
        """Return the schema of a type, matching the JSON that replies contain for its values.

        Typed dictionaries and records become components that allow no additional keys. `object` stands for any JSON
        value.
        """
        origin, arguments = typing.get_origin(described) or described, typing.get_args(described)
        if isinstance(origin, type) and (typing.is_typeddict(origin) or is_dataclass(origin)):
            return self._refer(origin, arguments)
        if arguments and origin in _MADE_OF_OTHERS:
            return self._made_of_others(origin, arguments)
        if isinstance(described, type) and issubclass(described, Enum):
            return {"enum": [member.value for member in described]}
        if described in (object, Decimal):
            return {} if described is object else {"type": "number"}
        return msgspec.json.schema(described)

    def _made_of_others(self, origin: object, arguments: tuple[object, ...]) -> Schema:
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.describe(part) for part in arguments]}
        if origin in (dict, Mapping):
            values = self.describe(arguments[1])
            return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
        return {"type": "array", "items": self.describe(arguments[0])}

    def add(self, name: str, schema: Schema) -> Schema:
        """Add a schema that has no Python type, and return a reference to it."""
        assert self.schemas.setdefault(name, schema) == schema, f"two schemas named {name}"
        return {"$ref": REFERENCE + name}

    def _refer(self, described: type, arguments: tuple[type, ...]) -> Schema:
        name = "Of".join([described.__name__, *(argument.__name__ for argument in arguments)])
        assert self._types.setdefault(name, (described, arguments)) == (described, arguments), f"two types named {name}"
        if name not in self.schemas:
            self.schemas[name] = {}  # an object may contain objects of its own type
            self.schemas[name] = self._object(described, arguments)
        return {"$ref": REFERENCE + name}

    def narrow(self, described: type, narrowed: Mapping[str, Schema]) -> Schema:
        """Return the schema of a typed dictionary; some properties have the more precise schemas in `narrowed`."""
        schema = self._object(described, ())
        assert narrowed.keys() <= schema["properties"].keys(), f"{described.__name__} has no such key: {narrowed}"
        return {**schema, "properties": {**schema["properties"], **narrowed}}

    def _object(self, described: type, arguments: tuple[type, ...]) -> Schema:
        hints = typing.get_type_hints(described, include_extras=True)
        optional = {name for name, hint in hints.items() if typing.get_origin(hint) is NotRequired}
        return {
            "type": "object",
            "description": (described.__doc__ or "").partition("\n")[0],
            "required": [name for name in hints if name not in optional],
            "properties": {name: self.describe(_filled(hint, arguments)) for name, hint in hints.items()},
            "additionalProperties": False,
        }


def _filled(hint: Any, arguments: tuple[type, ...]) -> object:
    """Return the type in `hint`, with `arguments` in place of its type variables.

    `hint` is typed Any: type hints, such as `int` and `list[T]`, have no type in common.
    """
    if typing.get_origin(hint) is NotRequired:
        (hint,) = typing.get_args(hint)
    is_generic = typing.get_origin(hint) is not Annotated and getattr(hint, "__parameters__", None)
    return hint[arguments] if is_generic else hint
