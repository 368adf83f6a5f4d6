"""Types of cells: each type parses a cell or explains why it is invalid, and describes itself for the documentation."""

import re
from dataclasses import field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

from dealtrace.deals.written_number import (
    clear_number,
    whole_digits,
    without_blanks_between_thousands,
    written_number,
)
from dealtrace.errors import InvalidValue
from dealtrace.files.pbx_vocabulary import is_answered
from dealtrace.files.row import Cell, LostValue, NestedValue, StatedText
from dealtrace.files.spreadsheet_text import is_formula, unguarded_text
from dealtrace.leads.limits import TAG_LENGTH_MAX, TAGS_MAX
from dealtrace.leads.phones.normal_form import normal_phone
from dealtrace.plain_text import plain, stripped
from dealtrace.record import record
from dealtrace.whole_number import DIGITS_MAX, parse_whole_number

EXACT_NUMBERS_BELOW = 10**15
"""Numbers below this are exact; larger numbers are not, because spreadsheets keep only fifteen digits of a number."""

_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+[eE]\+?|[eE]\+)[0-9]+")
_DURATION = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9](?:[.,][0-9]+)?)")
_WRITTEN = re.compile(r"[0-9]{1,30}(?:[.,][0-9]{1,30})+")
"""Seconds with commas or points, which may separate thousands or decimals."""
_SECONDS = re.compile(rf"([0-9]{{1,{DIGITS_MAX}}})(?:[.,]([0-9]+))?")
DECIMALS_MAX = 3
"""The maximum number of decimals of a number below 1 in a cell with a duration in seconds.

If there are more decimals, the number is refused: it is probably a fraction of a day, as spreadsheets store durations.
"""
ERROR_VALUES = frozenset(
    {
        "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "#calc!", "#spill!", "#н/д", "#ссылка!",
        "#знач!", "#имя?", "#дел/0!", "#число!", "#пусто!", "#перенос!", "#вычисл!", "#ссыл!",
        "#error!", "#ошибка!", "#getting_data", "#загрузка_данных", "#connect!", "#подключение!", "#соединение!",
        "#blocked!", "#заблокировано!", "#блокировка!", "#unknown!", "#неизвестно!", "#field!", "#поле!",
        "#busy!", "#занято!", "#external!", "#внешн!", "#python!", "#timeout!", "#macro?", "#макрос?",
    }
)  # fmt: skip
"""The strings that Excel, LibreOffice and Google Sheets show and save for an error, in lower case."""
_ERROR_CODE = re.compile("(?:err|ошибка):5[0-9]{2}", re.IGNORECASE)
"""An error as LibreOffice shows it, such as `Err:502`; a string with another number or a space is not an error."""


class CellType(Protocol):
    """The type of the cells of a column: it parses a cell, and describes the accepted values."""

    @property
    def form(self) -> str:
        """Return a short description of the accepted values, for the documentation."""

    def read(self, cell: Cell) -> object:
        """Parse a cell that is not empty.

        Raises:
            InvalidValue: the cell is not of the type.
        """


@record
class NumberCell:
    """A cell with a number in which commas and points may separate thousands or decimals.

    `decimal_sign` is the comma or point before decimals in the column, or empty if the column does not show it.
    """

    decimal_sign: str = ""

    def shown_sign(self, cell: Cell) -> str:
        """Return a cell's decimal sign, or an empty string if it has none (`1000`) or may have none (`1,234`)."""
        if not isinstance(cell, str) or not ("," in cell or "." in cell):
            return ""
        number = written_number(plain(unguarded_text(cell)).strip("+- "))
        return number.decimal_sign if number is not None else ""


def cell_text(cell: Cell) -> str:
    """Return a cell as a string, without the characters that keep a spreadsheet from changing it.

    A number is written in full: without an exponent, and without decimals if it is whole.

    Raises:
        InvalidValue: the cell has a number too long to be exact, a null character, or an error.
    """
    if isinstance(cell, str):
        if "\0" in cell:
            raise InvalidValue("нулевой символ недопустим", "null characters are not allowed")
        text = stripped(cell) if isinstance(cell, StatedText) else unguarded_text(stripped(cell))
        is_error = text.startswith("#") and text.casefold() in ERROR_VALUES
        if is_error or _ERROR_CODE.fullmatch(text) is not None:
            raise _lost(text)
        return text
    if isinstance(cell, LostValue):
        raise _lost(cell.shown)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number_text(cell)
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)


def _lost(shown: str) -> InvalidValue:
    return InvalidValue(
        f"{shown}: в ячейке ошибка или невычисленная формула, впишите значение",
        f"{shown}: the cell has an error or a formula that was not calculated; enter the value",
    )


def _no_text(cell: Cell) -> InvalidValue:
    return InvalidValue(
        f"ожидается текст, а не {cell}: впишите значение", f"expected text, not {cell}: enter the value"
    )


def _require_text(cell: Cell) -> None:
    """Raise an error if a cell has an object, a boolean or a formula instead of text."""
    if isinstance(cell, NestedValue):
        raise _no_text(cell)
    if isinstance(cell, bool):
        raise _no_text(cell_text(cell))
    if isinstance(cell, str) and not isinstance(cell, StatedText) and is_formula(formula := stripped(cell)):
        raise InvalidValue(
            f"{formula}: это формула, а не её значение; впишите значение, а к тексту добавьте в начало апостроф",
            f"{formula}: this is a formula, not its value; enter the value, or put an apostrophe before text",
        )


def _number_text(number: float) -> str:
    if not abs(number) < EXACT_NUMBERS_BELOW:  # true for NaN, too
        raise InvalidValue(
            "в числе больше 15 цифр, и последние потеряны: задайте столбцу текстовый формат",
            "the number has more than 15 digits, and the last ones are lost: format the column as text",
        )
    return str(int(number)) if number == int(number) else f"{Decimal(repr(number)):f}"


def whole_number(cell: Cell) -> int | None:
    """Return the number in a cell, or `None` if it is not a whole number or is too large for an id."""
    return parse_whole_number(whole_digits(cell_text(cell)))


@record
class TextCell:
    """A cell with a string of limited length."""

    length_max: int

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return f"text {self.length_max:,}"

    def read(self, cell: Cell) -> str:
        """Return the string.

        Raises:
            InvalidValue: the string is too long, or the cell has an object, a boolean or a formula.
        """
        self._check(cell)
        text = cell_text(cell)
        if len(text) > self.length_max:
            raise InvalidValue(
                f"длина {len(text)}, допускается не более {self.length_max} символов",
                f"{len(text)} characters, at most {self.length_max} are allowed",
            )
        return text

    def _check(self, cell: Cell) -> None:
        """Raise an error if a cell has an object, a boolean or a formula."""
        _require_text(cell)


@record
class FieldCell(TextCell):
    """A cell of a custom field.

    Ours: booleans and objects are stored as text, since a field of a CRM may be a checkbox or a list.
    """

    def _check(self, cell: Cell) -> None:
        """Raise an error if a cell has a formula."""
        if isinstance(cell, str):
            _require_text(cell)


@record
class CodeCell(TextCell):
    """A cell with a string that a spreadsheet may mistake for a number, such as an id."""

    def read(self, cell: Cell) -> str:
        """Return the string with all its digits.

        Raises:
            InvalidValue: a spreadsheet has rounded the digits, or the string is too long.
        """
        text = TextCell.read(self, cell)
        if _SHORTENED.fullmatch(text) and not self._is_whole(text):
            raise InvalidValue(
                f"{text}: при сохранении потеряны цифры, задайте столбцу текстовый формат",
                f"{text}: digits were lost when the file was saved; format the column as text",
            )
        return text

    def _is_whole(self, _: str) -> bool:
        """Return whether a string that looks like a number rounded by a spreadsheet still has all its digits."""
        return False


@record
class ReferenceCell(CodeCell):
    """A cell with the id or number of a deal or lead in another system.

    Ours: a placeholder such as `[object Object]`, which programs write for a missing value, means an empty cell, as in
    the API. This holds in any letter case, and for JSON too. If placeholders were kept, the second row with the same
    one would be refused as a duplicate.
    """


@record
class PhoneCell(CodeCell):
    """A cell with a phone in any format; `leads.phones` parses it."""

    def read(self, cell: Cell) -> str:
        """Return the phone as it is written.

        Raises:
            InvalidValue: the cell has a date or a formula, even after an apostrophe, or `CodeCell` refuses the cell.
        """
        if not isinstance(cell, str | int | float | LostValue):
            raise _no_text(cell)
        text = CodeCell.read(self, cell)
        if text.lstrip("'").startswith("="):
            raise _no_text(text)
        return text

    def _is_whole(self, text: str) -> bool:
        return normal_phone(text) is not None


@record
class IntegerCell:
    """A cell with an integer between two bounds, both included."""

    least: int
    most: int

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return f"integer, {self.least:,}–{self.most:,}"

    def read(self, cell: Cell) -> int:
        """Return the integer."""
        number = whole_number(cell)
        if number is not None and self.least <= number <= self.most:
            return number
        raise InvalidValue(
            f"ожидается целое число от {self.least} до {self.most}",
            f"expected an integer from {self.least} to {self.most}",
        )


@record
class DurationCell(NumberCell):
    """A cell with a duration, whose fractions of a second are kept."""

    most: timedelta = field(kw_only=True)

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "seconds, mm:ss or hh:mm:ss"

    def read(self, cell: Cell) -> timedelta:
        """Parse a duration; fractions of a second are kept, because the end of a call depends on them.

        Ours: the other cells of the column decide whether `1,234` is 1234 or 1.234 seconds. `1.234` is a fraction
        unless the column has decimal commas, because PBXs write milliseconds with a point.
        """
        duration = self._parse(cell)
        if duration is None or not timedelta(0) <= duration <= self.most:
            raise InvalidValue(
                f"ожидаются секунды, мм:сс или чч:мм:сс, не более {self.most.days} суток",
                f"expected seconds, mm:ss or hh:mm:ss, at most {self.most.days} days",
            )
        return duration

    def _parse(self, cell: Cell) -> timedelta | None:
        if isinstance(cell, timedelta):
            return cell
        if isinstance(cell, time):
            return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond)
        if isinstance(cell, float) and 0 < cell < 1:
            return None
        text = plain(without_blanks_between_thousands(cell_text(cell)))
        return self._parse_text(self._without_thousands(text) if isinstance(cell, str) else text)

    def _without_thousands(self, text: str) -> str:
        """Return a number of seconds without thousands separators and with a decimal point, or other text unchanged.

        Raises:
            InvalidValue: a comma may separate thousands or decimals, and the column does not show which.
        """
        number = written_number(text) if _WRITTEN.fullmatch(text) else None
        if number is None or (number.unclear_sign == "." and not self.decimal_sign):
            return text
        return f"{clear_number(number, self.decimal_sign):f}"

    def _parse_text(self, text: str) -> timedelta | None:
        if (parts := _SECONDS.fullmatch(text)) is not None:
            whole, decimals = int(parts[1]), parts[2] or ""
            is_part_of_day = not whole and len(decimals.rstrip("0")) > DECIMALS_MAX
            seconds = min(whole, self.most // timedelta(seconds=1) + 1) + float(f"0.{decimals}0")
            return timedelta(seconds=seconds) if not is_part_of_day else None
        if (parts := _DURATION.fullmatch(text)) is not None:
            hours, minutes = (int(part or 0) for part in parts.groups()[:2])
            return timedelta(hours=hours, minutes=minutes, seconds=float(parts[3].replace(",", ".")))
        return None


@record
class TagsCell:
    """A cell with comma-separated tags."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return f"comma-separated tags, up to {TAGS_MAX} of {TAG_LENGTH_MAX} characters"

    def read(self, cell: Cell) -> tuple[str, ...]:
        """Return the tags in order, trimmed, without empty tags and duplicates."""
        _require_text(cell)
        tags = tuple(dict.fromkeys(tag for part in cell_text(cell).split(",") if (tag := stripped(part))))
        if len(tags) > TAGS_MAX or any(len(tag) > TAG_LENGTH_MAX for tag in tags):
            raise InvalidValue(
                f"допускается не более {TAGS_MAX} тегов по {TAG_LENGTH_MAX} символов",
                f"at most {TAGS_MAX} tags, each of at most {TAG_LENGTH_MAX} characters, are allowed",
            )
        return tags


class WordCell:
    """A cell with one of a fixed set of words."""


@record
class AnsweredCell(WordCell):
    """A cell that shows whether a call was answered."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "yes or no"

    def read(self, cell: Cell) -> bool:
        """Return `True` for yes and `False` for no, in any of the words that PBXs and people use."""
        answered = is_answered(cell_text(cell))
        if answered is None:
            raise InvalidValue(
                "ожидается да или нет, successful или unsuccessful", "expected yes or no, successful or unsuccessful"
            )
        return answered
