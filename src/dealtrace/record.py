"""The decorator `record`, for dataclasses whose instances never change."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[Class]) -> type[Class]:
    """Return the class as a dataclass with slots and a hash, frozen for the type checker only.

    Freezing at run time makes a record ten times as expensive to create, and every request creates dozens.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
