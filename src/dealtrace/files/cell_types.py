"""What may stand in a cell: each type reads it or says what is wrong, and describes itself for the documents."""

import re
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from dealtrace.errors import InvalidValue
from dealtrace.files.row import Cell
from dealtrace.record import record

EXACT_NUMBERS_BELOW = 10**15
"""Spreadsheets keep fifteen digits of a number; what is longer was cut before it came here."""
TAGS_MAX = 100
TAG_LENGTH_MAX = 256
DIGITS_MAX = 16

_SHORTENED = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]+")
_GUARDED = re.compile(r"'(?=[=+\-@\t\r])")
_TALK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9])")
_SPACES = str.maketrans("", "", " \u00a0\u202f")


class CellType(Protocol):
    """What a column holds."""

    @property
    def form(self) -> str:
        """Describe in a few words what is understood."""

    def read(self, cell: Cell) -> Any:
        """Read a cell that is not empty.

        Raises:
            InvalidValue: it does not fit.
        """


def text_of(cell: Cell) -> str:
    """Write a cell as text: numbers without needless decimals, and without the guard of a refused row.

    Raises:
        InvalidValue: a number so long that its last digits are lost, or an invisible null.
    """
    if isinstance(cell, str):
        if "\0" in cell:
            raise InvalidValue("недопустимый нулевой символ", "a null character is not allowed")
        return _GUARDED.sub("", cell.strip(), count=1) if cell.startswith("'") else cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number_text(cell)
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)


def _number_text(number: float) -> str:
    if not abs(number) < EXACT_NUMBERS_BELOW:  # as what is no number at all is not
        raise InvalidValue(
            "число длиннее 15 цифр, его последние цифры потеряны: задайте столбцу текстовый формат",
            "a number of more than 15 digits has lost the last of them: make it a column of text",
        )
    return str(int(number)) if number == int(number) else str(number)


@record
class Words:
    """Any text up to a length."""

    length_max: int

    @property
    def form(self) -> str:
        """Describe a text."""
        return f"text {self.length_max:,}"

    def read(self, cell: Cell) -> str:
        """Take the text as it is."""
        text = text_of(cell)
        if len(text) > self.length_max:
            raise InvalidValue(
                f"длина {len(text)}, допускается не более {self.length_max} символов",
                f"{len(text)} characters, no more than {self.length_max} are allowed",
            )
        return text


@record
class Code(Words):
    """A text that a spreadsheet may take for a number: a phone, an id elsewhere."""

    def read(self, cell: Cell) -> str:
        """Take the text, unless its digits were rounded away."""
        text = Words.read(self, cell)
        if _SHORTENED.fullmatch(text):
            raise InvalidValue(
                f"{text}: цифры потеряны при сохранении, задайте столбцу текстовый формат",
                f"{text}: digits were lost as it was saved, make it a column of text",
            )
        return text


@record
class IntegerCell:
    """A whole number between two bounds."""

    least: int
    most: int

    @property
    def form(self) -> str:
        """Describe a whole number."""
        return f"whole number, {self.least:,}–{self.most:,}"

    def read(self, cell: Cell) -> int:
        """Read the number; spaces between its digits are passed over."""
        digits = text_of(cell).translate(_SPACES)
        if (
            digits.isascii()
            and digits.isdigit()
            and len(digits) <= DIGITS_MAX
            and self.least <= int(digits) <= self.most
        ):
            return int(digits)
        raise InvalidValue(
            f"ожидается целое число от {self.least} до {self.most}",
            f"a whole number from {self.least} to {self.most} is expected",
        )


@record
class DurationCell:
    """How long something lasted, in whole seconds."""

    most: timedelta

    @property
    def form(self) -> str:
        """Describe a duration."""
        return "seconds, mm:ss or hh:mm:ss"

    def read(self, cell: Cell) -> timedelta:
        """Read the duration; fractions of a second are left out."""
        lasted = self._lasted(cell)
        if lasted is None or not timedelta(0) <= lasted <= self.most:
            raise InvalidValue(
                f"ожидаются секунды, мм:сс или чч:мм:сс, не более {self.most.days} суток",
                f"seconds, mm:ss or hh:mm:ss are expected, no more than {self.most.days} days",
            )
        return lasted

    def _lasted(self, cell: Cell) -> timedelta | None:
        if isinstance(cell, timedelta):
            return timedelta(seconds=cell // timedelta(seconds=1))
        if isinstance(cell, time):
            return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
        text = text_of(cell)
        if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
            return timedelta(seconds=min(int(text), self.most // timedelta(seconds=1) + 1))
        if (parts := _TALK.fullmatch(text)) is not None:
            hours, minutes, seconds = (int(part or 0) for part in parts.groups())
            return timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return None


@record
class Tags:
    """Tags, comma-separated: trimmed, without empty ones and repetitions."""

    @property
    def form(self) -> str:
        """Describe tags."""
        return f"tags by commas, up to {TAGS_MAX} of {TAG_LENGTH_MAX} characters"

    def read(self, cell: Cell) -> tuple[str, ...]:
        """Read the tags."""
        tags = tuple(dict.fromkeys(tag for part in text_of(cell).split(",") if (tag := part.strip())))
        if len(tags) > TAGS_MAX or any(len(tag) > TAG_LENGTH_MAX for tag in tags):
            raise InvalidValue(
                f"допускается не более {TAGS_MAX} тегов по {TAG_LENGTH_MAX} символов",
                f"no more than {TAGS_MAX} tags of {TAG_LENGTH_MAX} characters are allowed",
            )
        return tags


_YES = ("successful", "true", "1", "да", "yes", "успешный", "успешно", "отвечен", "отвечено", "состоялся", "answered")
_NO = (
    "unsuccessful", "false", "0", "нет", "no", "неуспешный", "неуспешно", "пропущен", "пропущено", "не состоялся",
    "не отвечен", "missed",
)  # fmt: skip


@record
class Answered:
    """Whether somebody answered a call."""

    @property
    def form(self) -> str:
        """Describe the two answers."""
        return "yes or no"

    def read(self, cell: Cell) -> bool:
        """Read a yes or a no, in the words that exchanges and people use."""
        word = text_of(cell).casefold()
        if word in _YES:
            return True
        if word in _NO:
            return False
        raise InvalidValue(
            "ожидается да или нет, successful или unsuccessful", "yes or no, successful or unsuccessful is expected"
        )
