"""Records: plain values, equal when what they hold is equal, that nothing changes once they are made."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[Class]) -> type[Class]:
    """Make a record of a class, as `dataclass(frozen=True, slots=True)` would; only the type checker holds it frozen.

    What freezes at run time makes each record ten times as dear to make, and every request makes dozens.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
