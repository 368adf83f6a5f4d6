"""Describe one setting, and check the value that is stated for it.

Ours: Pydantic would do this too, but importing it and building such a model takes 0.05 s of CPU, a fifth of what a
command may take, and every command reads the settings.
"""

import re
from collections.abc import Mapping
from dataclasses import Field, field, fields
from typing import TypeVar

from dealtrace.record import record

Value = TypeVar("Value", str, int, bool, "tuple[str, ...]")
"""What a setting may be."""

_WHOLE_NUMBER = re.compile(r"\s*([+-]?\d{1,20}(?:_\d{1,20})*)(?:\.0+)?\s*", re.ASCII)
_SWITCHES = dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True) | dict.fromkeys(
    ("0", "off", "f", "false", "n", "no"), False
)
_KEY = "setting"


@record
class Setting:
    """A setting: its default, whose type it has, and its meaning; a number has bounds, a string may have few words."""

    default: str | int | bool | tuple[str, ...]
    description: str
    least: int = 0
    most: int = 2**53
    words: tuple[str, ...] = ()

    def read(self, stated: object) -> object:
        """Return a stated value as the setting has it.

        Raises:
            ValueError: the value cannot be used; the message says which can.
        """
        match self.default:
            case bool():
                return _read_switch(stated)
            case int():
                return self._read_number(stated)
            case tuple():
                return stated
            case _:
                return self._read_text(stated)

    def _read_number(self, stated: object) -> int:
        number = _whole_number(stated)
        if number is None or not self.least <= number <= self.most:
            raise ValueError(f"a whole number from {self.least} to {self.most} is expected")
        return number

    def _read_text(self, stated: object) -> str:
        if not isinstance(stated, str):
            raise ValueError("a string in quotation marks is expected")  # noqa: TRY004 - the value is a person's
        if self.words and stated not in self.words:
            raise ValueError(f"must be one of {', '.join(self.words)}")
        return stated


def setting(
    default: Value, *, description: str, least: int = 0, most: int = 2**53, words: tuple[str, ...] = ()
) -> Value:
    """Return a field of a dataclass that is a setting, typed as its value."""
    return field(default=default, metadata={_KEY: Setting(default, description, least, most, words)})


def settings_of(settings: type) -> Mapping[str, Setting]:
    """Return the settings that a dataclass declares, by name."""
    declared: tuple[Field[object], ...] = fields(settings)
    return {item.name: item.metadata[_KEY] for item in declared}


def _whole_number(stated: object) -> int | None:
    if isinstance(stated, str):
        found = _WHOLE_NUMBER.fullmatch(stated)
        return int(found[1]) if found is not None else None
    if isinstance(stated, float):
        return int(stated) if stated.is_integer() else None
    return stated if isinstance(stated, int) and not isinstance(stated, bool) else None


def _read_switch(stated: object) -> bool:
    text = str(stated).strip().lower() if isinstance(stated, str | int) else ""
    if text not in _SWITCHES:
        raise ValueError("true or false is expected")
    return _SWITCHES[text]
