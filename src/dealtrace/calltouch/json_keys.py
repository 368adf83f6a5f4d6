"""The JSON keys of the fields of msgspec structs.

`msgspec.structs.fields` evaluates every annotation on each call, which takes longer than parsing a whole request body.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec


def named_values(sent: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """Yield the JSON key and value of each field of `sent`, in order; values are typed Any: fields differ in type."""
    for key, name in fields_by_key(type(sent)).items():
        yield key, getattr(sent, name)


def value_of(sent: msgspec.Struct, key: str) -> Any:
    """Return the value of the field of `sent` whose JSON key is `key`, typed Any: each field has its own type."""
    return getattr(sent, fields_by_key(type(sent))[key])


@cache
def fields_by_key(shape: type[msgspec.Struct]) -> Mapping[str, str]:
    """Return the field names of a struct class by JSON key, in field order."""
    return dict(zip(shape.__struct_encode_fields__, shape.__struct_fields__, strict=True))
