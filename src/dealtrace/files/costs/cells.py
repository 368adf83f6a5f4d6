"""The types of cells in a table of costs: days, amounts of money in any currency, and numbers of clicks."""

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from dealtrace.attribution.cost import COST_KOPECKS_MAX, COUNT_MAX, KOPECKS_PER_RUBLE
from dealtrace.errors import InvalidValue
from dealtrace.files.annotation_columns import SourcePartCell
from dealtrace.files.cell_types import CodeCell, IntegerCell, text_of
from dealtrace.files.row import Cell
from dealtrace.files.timestamps import TimestampCell
from dealtrace.leads.limits import YEAR_MAX, YEAR_MIN
from dealtrace.leads.plain_text import visible
from dealtrace.record import record

MICROS = 10**6
"""How many units make one ruble in Yandex Direct's reports, which state costs in millionths of a ruble."""
WRITTEN_MAX = COST_KOPECKS_MAX // KOPECKS_PER_RUBLE * MICROS
"""The largest number allowed in a cell."""
MONEY_LENGTH_MAX = 100
RUBLE = "RUB"
CURRENCIES = {
    "₽": RUBLE, "р": RUBLE, "руб": RUBLE, "рублей": RUBLE, "рубли": RUBLE, "rub": RUBLE, "rur": RUBLE,
    "$": "USD", "usd": "USD", "доллар": "USD", "долл": "USD", "€": "EUR", "eur": "EUR", "евро": "EUR",
    "₸": "KZT", "kzt": "KZT", "тенге": "KZT", "тг": "KZT", "byn": "BYN", "br": "BYN", "uah": "UAH", "₴": "UAH",
    "uzs": "UZS", "сум": "UZS", "try": "TRY", "₺": "TRY", "cny": "CNY", "¥": "CNY", "£": "GBP", "gbp": "GBP",
    "amd": "AMD", "gel": "GEL", "azn": "AZN", "kgs": "KGS", "aed": "AED", "ils": "ILS", "chf": "CHF",
}  # fmt: skip
"""Maps each way to write a currency, in lower case and without full stops, to the code of the currency."""
NO_DATA = ("-", "--", "–", "—")
"""The texts that advertising reports show where they have no data."""

_DAY_AS_NUMBER = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_MONEY = re.compile(r"([^0-9+,.\-−\s]*)\s*([+\-−]?)\s*([0-9.,][0-9.,\s'’]*)([^0-9+,\-−]*)")
_GAPS = re.compile(r"[\s'’]")
_OTHER_SIGN = {",": ".", ".": ","}
DIGITS_OF_GROUP = 3
THOUSAND = 10**DIGITS_OF_GROUP
_CODE = re.compile("[A-Za-z]{3}")


@record
class Money:
    """An amount as it was written; `currency` is a three-letter code, or empty if the cell does not name a currency.

    `decimal_sign` is the comma or point that must separate decimals in the cell's column, or empty if the cell does not
    show it. If `unclear_sign` is not empty, it may separate thousands or decimals, and `amount` is with decimals.
    """

    amount: Decimal
    currency: str = ""
    is_whole: bool = False
    """Whether the amount was written without decimals."""
    decimal_sign: str = ""
    unclear_sign: str = ""

    def decided(self, decimal_sign: str) -> "Money":
        """Return the amount that was meant in a column whose decimals are separated by `decimal_sign`."""
        if not decimal_sign or self.unclear_sign in ("", decimal_sign):
            return self
        return replace(self, amount=self.amount * THOUSAND, is_whole=True)


@record
class DayCell:
    """A cell with a day; if a time of day follows it, the time is ignored."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "day"

    def read(self, cell: Cell) -> date:
        """Return the day as a date."""
        try:
            text = text_of(cell) if isinstance(cell, str | int | float) else ""
            day = TimestampCell().read("-".join(found.groups()) if (found := _DAY_AS_NUMBER.fullmatch(text)) else cell)
        except InvalidValue:
            day = None
        if day is None or (isinstance(day, datetime) and day.tzinfo is not None):
            raise InvalidValue(
                f"ожидается день с {YEAR_MIN} по {YEAR_MAX} год, например 26.03.2018 или 2018-03-26",
                f"expected a day between {YEAR_MIN} and {YEAR_MAX}, such as 26.03.2018 or 2018-03-26",
            )
        return day.date() if isinstance(day, datetime) else day


@record
class MoneyCell:
    """A cell with an amount of money, possibly with the sign or code of its currency."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "sum, 0 or more"

    def read(self, cell: Cell) -> Money:
        """Return the amount in a cell: `1 234,56`, `1,234.56` and `1.234,56` are the same amount.

        A placeholder such as `--` is 0.
        """
        text = visible(text_of(cell)).strip()
        if text in NO_DATA:
            return Money(Decimal(0), is_whole=True)
        found = _MONEY.fullmatch(text) if len(text) <= MONEY_LENGTH_MAX else None
        number = _decimal(found[3]) if found is not None else None
        if found is None or number is None or found[2] in ("-", "−") or number[0] > WRITTEN_MAX:
            raise InvalidValue(
                "ожидается сумма, 0 или больше, например 1 234,56",
                "expected a sum of 0 or more, such as 1 234.56",
            )
        signs = [sign for sign in (found[1], found[4]) if sign.strip()]
        codes = {read_currency(sign) for sign in signs}
        if len(codes) > 1:
            raise InvalidValue(f"две валюты в ячейке: {text}", f"two currencies in a cell: {text}")
        decimal_sign, unclear_sign = _signs(found[3]) if isinstance(cell, str) else ("", "")
        return Money(number[0], codes.pop() if codes else "", number[1], decimal_sign, unclear_sign)


@record
class CurrencyCell:
    """A cell with a currency, given by its code, sign or name."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "code or sign of a currency"

    def read(self, cell: Cell) -> str:
        """Return the three-letter code of the currency."""
        return read_currency(text_of(cell))


@record
class CostPartCell(CodeCell):
    """A cell with a part of a traffic source, or the id or name of a campaign; rounded numbers are refused."""

    def read(self, cell: Cell) -> str:
        """Return the text of a cell, or an empty string for a placeholder such as `(not set)` or `--`."""
        text = SourcePartCell(self.length_max).read(CodeCell.read(self, cell))
        return "" if text in NO_DATA else text


@record
class CountCell:
    """A cell with a number of clicks or impressions."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "integer"

    def read(self, cell: Cell) -> int | None:
        """Return the number in a cell as an integer, or `None` for a placeholder such as `--`."""
        return None if text_of(cell) in NO_DATA else IntegerCell(0, COUNT_MAX).read(cell)


def read_currency(text: str) -> str:
    """Return the three-letter code of a currency given by its code, sign or name.

    Raises:
        InvalidValue: the text is not a currency.
    """
    word = text.strip().strip(".").strip()
    code = CURRENCIES.get(word.casefold()) or (word.upper() if _CODE.fullmatch(word) else None)
    if code is None:
        raise InvalidValue(
            f"{word}: неизвестная валюта, укажите код из трёх букв, например RUB",
            f"{word}: unknown currency, use a code of three letters such as RUB",
        )
    return code


def _decimal(written: str) -> tuple[Decimal, bool] | None:
    """Return the number in a string and whether it is whole, or `None` if the text is malformed.

    If the text has both commas and points, the last one separates the decimals.
    """
    digits = _GAPS.sub("", written)
    point, comma = digits.rfind("."), digits.rfind(",")
    if min(point, comma) >= 0:
        sign, between = (".", ",") if point > comma else (",", ".")
        whole, _, decimals = digits.partition(sign)
        return _number(_joined(whole, between), decimals)
    between = "," if comma >= 0 else "."
    if digits.count(between) > 1:
        return _number(_joined(digits, between), "")
    whole, _, decimals = digits.partition(between)
    return _number(whole, decimals) if whole or decimals else None


def _signs(written: str) -> tuple[str, str]:
    """Return the sign that separates decimals in a number's column, and the sign whose meaning the number leaves open.

    At least one of them is empty. `1,5` and `1.234.567` show a decimal comma; `1,234` leaves the comma open.
    """
    digits = _GAPS.sub("", written)
    signs = [character for character in digits if character in _OTHER_SIGN]
    if not signs:
        return "", ""
    last = signs[-1]
    if len(signs) > 1:
        return (last if signs[0] != last else _OTHER_SIGN[last]), ""
    whole, _, decimals = digits.partition(last)
    is_unclear = len(whole) in range(1, DIGITS_OF_GROUP + 1) and whole[0] != "0" and len(decimals) == DIGITS_OF_GROUP
    return ("", last) if is_unclear else (last, "")


def _joined(digits: str, between: str) -> str | None:
    """Return a whole number without its thousands separators, or `None` if they are in the wrong places."""
    first, *others = digits.split(between)
    is_grouped = 0 < len(first) <= DIGITS_OF_GROUP and all(len(group) == DIGITS_OF_GROUP for group in others)
    return "".join((first, *others)) if is_grouped else None


def _number(whole: str | None, decimals: str) -> tuple[Decimal, bool] | None:
    if whole is None or not f"{whole}{decimals}".isdigit():
        return None
    return Decimal(f"{whole or 0}.{decimals or 0}"), not decimals.strip("0")


def read_positive(cell: Cell, most: int | None) -> Decimal:
    """Parse a number above 0, without a currency; `most` is the largest allowed number, or `None` for no limit.

    Raises:
        InvalidValue: the cell is not a number, names a currency, or the number is not above 0 or is too large.
    """
    money = MoneyCell().read(cell)
    if money.currency or not money.amount or (most is not None and money.amount > most):
        ru = "ожидается число больше 0" + ("" if most is None else f" и до {most}") + ", например 20 или 20.5"
        en = "a number above 0" + ("" if most is None else f" and up to {most}") + " is expected, such as 20 or 20.5"
        raise InvalidValue(ru, en)
    return money.amount
