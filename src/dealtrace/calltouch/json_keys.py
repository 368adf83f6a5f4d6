"""The keys that the fields of a shape have in JSON.

`msgspec.structs.fields` evaluates every annotation of a shape each time, which costs more than reading a whole body.

Any: keys have values of several types.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec


def named_values(sent: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """Yield each value of a struct with its key in JSON, in the order of the fields."""
    for key, name in fields_by_key(type(sent)).items():
        yield key, getattr(sent, name)


def value_of(sent: msgspec.Struct, key: str) -> Any:
    """Return the value of a struct under its key in JSON."""
    return getattr(sent, fields_by_key(type(sent))[key])


@cache
def fields_by_key(shape: type[msgspec.Struct]) -> Mapping[str, str]:
    """Return the name of each field of a shape by its key in JSON, in the order of the fields."""
    return dict(zip(shape.__struct_encode_fields__, shape.__struct_fields__, strict=True))
