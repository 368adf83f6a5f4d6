"""What a parameter's text may be: each type reads it or says what is wrong, and describes itself for the documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dealtrace.errors import InvalidValue
from dealtrace.record import record

ID_MAX = 2**53 - 1
"""Every id is a whole number that JavaScript and 1C hold exactly."""
DIGITS_MAX = 16


class WireType(Protocol):
    """A type of parameter."""

    @property
    def erased(self) -> Any:
        """What an empty text means where empty erases."""

    def read(self, text: str) -> Any:
        """Read a text that is not empty.

        Raises:
            Malformed: it does not fit.
        """

    def schema(self) -> Mapping[str, Any]:
        """Describe the type in JSON Schema."""


@record
class Text:
    """Any text up to a length."""

    length_max: int
    erased: str = ""

    def read(self, text: str) -> str:
        """Take the text as it is."""
        if len(text) > self.length_max:
            raise InvalidValue(
                f"длина {len(text)}, допускается не более {self.length_max} символов",
                f"{len(text)} characters, no more than {self.length_max} are allowed",
            )
        return text

    def schema(self) -> Mapping[str, Any]:
        """Describe a text."""
        return {"type": "string", "maxLength": self.length_max}


@record
class Integer:
    """A whole number between two bounds, written in plain digits."""

    least: int = 0
    most: int = ID_MAX
    erased: None = None

    def read(self, text: str) -> int:
        """Read the number."""
        digits = text.strip()
        signed = digits.removeprefix("-")
        if not (
            signed.isascii()
            and signed.isdigit()
            and len(signed) <= DIGITS_MAX
            and self.least <= int(digits) <= self.most
        ):
            raise InvalidValue(
                f"ожидается целое число от {self.least} до {self.most}",
                f"a whole number from {self.least} to {self.most} is expected",
            )
        return int(digits)

    def schema(self) -> Mapping[str, Any]:
        """Describe a whole number."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Choice:
    """One of a few words, each with what it stands for."""

    meanings: Mapping[str, Any]
    erased: None = None

    def read(self, text: str) -> Any:
        """Tell what the word stands for."""
        if text not in self.meanings:
            known = ", ".join(self.meanings)
            raise InvalidValue(f"ожидается одно из: {known}", f"one of these is expected: {known}")
        return self.meanings[text]

    def schema(self) -> Mapping[str, Any]:
        """Describe a choice."""
        return {"type": "string", "enum": list(self.meanings)}


@record
class Flag:
    """Yes or no, as clients write it: `true`, `True`, `1`; `false`, `False`, `0`."""

    erased: None = None

    def read(self, text: str) -> bool:
        """Read the flag."""
        word = text.lower()
        if word in ("true", "1"):
            return True
        if word in ("false", "0"):
            return False
        raise InvalidValue("ожидается true или false", "true or false is expected")

    def schema(self) -> Mapping[str, Any]:
        """Describe a flag."""
        return {"type": "string", "enum": ["true", "false", "True", "False", "1", "0"]}
