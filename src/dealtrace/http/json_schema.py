"""JSON Schema of the types that answers are built as."""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NotRequired, Union

import msgspec

Schema = Mapping[str, Any]
"""A JSON Schema: JSON of any shape."""
REFERENCE = "#/components/schemas/"


class Components:
    """The schemas of named objects, each described once and referred to by name."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._types: dict[str, Any] = {}

    def describe(self, described: Any) -> Schema:
        """Return the schema of a type, as our encoder writes its values.

        Typed dictionaries and records become components; they have no other keys than theirs. Of other types than
        these, unions and lists, msgspec knows the schema.
        """
        origin, arguments = typing.get_origin(described) or described, typing.get_args(described)
        if typing.is_typeddict(origin) or is_dataclass(origin):
            return self._refer(origin, arguments)
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.describe(part) for part in arguments]}
        if origin in (list, tuple, Sequence):
            return {"type": "array", "items": self.describe(arguments[0])}
        if isinstance(described, type) and issubclass(described, Enum):
            return {"enum": [member.value for member in described]}
        if described is Decimal:
            return {"type": "number"}
        return msgspec.json.schema(described)

    def add(self, name: str, schema: Schema) -> Schema:
        """Add a schema that is made of no type, and return a reference to it."""
        assert self.schemas.setdefault(name, schema) == schema, f"two schemas named {name}"
        return {"$ref": REFERENCE + name}

    def _refer(self, described: Any, arguments: tuple[Any, ...]) -> Schema:
        name = "Of".join([described.__name__, *(argument.__name__ for argument in arguments)])
        assert self._types.setdefault(name, (described, arguments)) == (described, arguments), f"two types named {name}"
        if name not in self.schemas:
            self.schemas[name] = {}  # an object may hold its like
            self.schemas[name] = self._object(described, arguments)
        return {"$ref": REFERENCE + name}

    def _object(self, described: Any, arguments: tuple[Any, ...]) -> Schema:
        hints = typing.get_type_hints(described, include_extras=True)
        optional = {name for name, hint in hints.items() if typing.get_origin(hint) is NotRequired}
        return {
            "type": "object",
            "description": (described.__doc__ or "").partition("\n")[0],
            "required": [name for name in hints if name not in optional],
            "properties": {name: self.describe(_filled(hint, arguments)) for name, hint in hints.items()},
            "additionalProperties": False,
        }


def _filled(hint: Any, arguments: tuple[Any, ...]) -> Any:
    """Return the type of a key, its type variables replaced by `arguments`."""
    if typing.get_origin(hint) is NotRequired:
        (hint,) = typing.get_args(hint)
    is_generic = typing.get_origin(hint) is not Annotated and getattr(hint, "__parameters__", None)
    return hint[arguments] if is_generic else hint
