"""Types of parameters: each parses a string or explains what is wrong with it, and describes itself in JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dealtrace.deals.written_number import whole_digits
from dealtrace.errors import InvalidValue
from dealtrace.plain_text import folded, stripped
from dealtrace.record import record
from dealtrace.whole_number import ID_MAX, parse_whole_number


class WireType(Protocol):
    """The type of a parameter; its values are typed Any: the handler of an endpoint knows the type of each value."""

    @property
    def erased(self) -> object:
        """Return the value that an empty parameter has on endpoints where empty parameters erase stored values."""

    def read(self, text: str) -> Any:
        """Parse a string that is not empty.

        Raises:
            InvalidValue: the string is not of this type.
        """

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""


@record
class Text:
    """Text up to a maximum length."""

    length_max: int
    erased: str = ""

    def read(self, text: str) -> str:
        """Return the text unchanged; raise `InvalidValue` if it is too long."""
        if len(text) > self.length_max:
            raise InvalidValue(
                f"длина {len(text)}, допускается не более {self.length_max} символов",
                f"must be at most {self.length_max} characters long, but has {len(text)}",
            )
        return text

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "maxLength": self.length_max}


@record
class Integer:
    """An integer between two bounds, as programs write it: in digits of any script, as `1 000` or as `1000.0`."""

    least: int = 0
    most: int = ID_MAX
    erased: None = None

    def read(self, text: str) -> int:
        """Parse an integer; raise `InvalidValue` if the string is not an integer from `least` to `most`."""
        digits = whole_digits(text)
        number = parse_whole_number(digits.removeprefix("-"))
        if number is None or not self.least <= (number := -number if digits.startswith("-") else number) <= self.most:
            raise InvalidValue(
                f"ожидается целое число от {self.least} до {self.most}",
                f"must be an integer from {self.least} to {self.most}",
            )
        return number

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Choice:
    """One of several words, ignoring case; `meanings` maps words to values, typed Any: values may have any type."""

    meanings: Mapping[str, object]
    erased: None = None

    def read(self, text: str) -> Any:
        """Return the value of a word; raise `InvalidValue` if the word is unknown."""
        if text in self.meanings:
            return self.meanings[text]
        word = folded(stripped(text))
        found = next((known for known in self.meanings if folded(known) == word), None)
        if found is None:
            known = ", ".join(self.meanings)
            raise InvalidValue(f"ожидается одно из: {known}", f"must be one of: {known}")
        return self.meanings[found]

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "enum": list(self.meanings)}


@record
class Flag:
    """A boolean, as clients write it: `true`, `True`, `1`; `false`, `False`, `0`."""

    erased: None = None

    def read(self, text: str) -> bool:
        """Parse a boolean; raise `InvalidValue` for any other string."""
        word = folded(stripped(text))
        if word in ("true", "1"):
            return True
        if word in ("false", "0"):
            return False
        raise InvalidValue("ожидается true или false", "must be true or false")

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "string", "enum": ["true", "false", "True", "False", "1", "0"]}
