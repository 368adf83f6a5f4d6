"""The types of cells in a table of costs: days, amounts of money in any currency, and numbers of clicks."""

import re
from datetime import date, datetime
from decimal import Decimal

from dealtrace.attribution.cost import COST_KOPECKS_MAX, COUNT_MAX, KOPECKS_PER_RUBLE
from dealtrace.dates_and_times import YEAR_MAX, YEAR_MIN
from dealtrace.deals.currency import RUBLE
from dealtrace.deals.written_number import WrittenNumber, single_number, written_number
from dealtrace.errors import InvalidValue
from dealtrace.files.annotation_import_columns import SourcePartCell
from dealtrace.files.cell_types import CodeCell, IntegerCell, cell_text
from dealtrace.files.row import Cell, StatedText
from dealtrace.files.timestamp_cells import TimestampCell
from dealtrace.plain_text import visible
from dealtrace.record import record

MICROS = 10**6
"""The number of units in one ruble in Yandex Direct's reports, which give costs in millionths of a ruble."""
WRITTEN_MAX = COST_KOPECKS_MAX // KOPECKS_PER_RUBLE * MICROS
"""The largest number allowed in a cell."""
PERCENT_MAX = 100
"""The maximum rate of VAT that is removed from costs or added to them."""
MONEY_LENGTH_MAX = 100
RUB = RUBLE.upper()
CURRENCIES = {
    "₽": RUB, "р": RUB, "руб": RUB, "рублей": RUB, "рубли": RUB, "rub": RUB, "rur": RUB,
    "$": "USD", "usd": "USD", "доллар": "USD", "долл": "USD", "€": "EUR", "eur": "EUR", "евро": "EUR",
    "₸": "KZT", "kzt": "KZT", "тенге": "KZT", "тг": "KZT", "byn": "BYN", "br": "BYN", "uah": "UAH", "₴": "UAH",
    "uzs": "UZS", "сум": "UZS", "try": "TRY", "₺": "TRY", "cny": "CNY", "¥": "CNY", "£": "GBP", "gbp": "GBP",
    "amd": "AMD", "gel": "GEL", "azn": "AZN", "kgs": "KGS", "aed": "AED", "ils": "ILS", "chf": "CHF",
}  # fmt: skip
"""Maps each spelling of a currency, in lower case and without full stops, to the currency's code."""
NO_DATA = ("-", "--", "–", "—")
"""The placeholders that advertising reports show where they have no data."""

_DAY_AS_NUMBER = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_MONEY = re.compile(r"([^0-9+,.\-−\s]*)\s*([+\-−]?)\s*([0-9.,][0-9.,\s'’]*)([^0-9+,\-−]*)")
_CODE = re.compile("[A-Za-z]{3}")
_NOTHING = WrittenNumber(Decimal(0), is_whole=True)


@record
class Money:
    """An amount as it was written; `currency` is a three-letter code, or empty if the cell has no currency."""

    written: WrittenNumber
    currency: str = ""

    @property
    def amount(self) -> Decimal:
        """Return the amount; `1,234` is returned as 1.234, although the writer may mean 1234 (see `decided`)."""
        return self.written.number

    def decided(self, decimal_sign: str) -> "Money":
        """Return the amount that was meant, given the decimal sign of its column."""
        return Money(self.written.decided(decimal_sign), self.currency)


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
            text = cell_text(cell) if isinstance(cell, str | int | float) else ""
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
        return "amount, 0 or more"

    def read(self, cell: Cell) -> Money:
        """Return the amount in a cell: `1 234,56`, `1,234.56` and `1.234,56` are the same amount.

        A placeholder such as `--` is 0.
        """
        text = visible(cell_text(cell)).strip()
        if text in NO_DATA:
            return Money(_NOTHING)
        found = _MONEY.fullmatch(text) if len(text) <= MONEY_LENGTH_MAX else None
        number = written_number(found[3]) if found is not None else None
        if found is None or number is None or found[2] in ("-", "−") or number.number > WRITTEN_MAX:
            raise InvalidValue(
                "ожидается сумма, 0 или больше, например 1 234,56",
                "expected an amount of 0 or more, such as 1 234.56",
            )
        signs = [sign for sign in (found[1], found[4]) if sign.strip()]
        codes = {read_currency(sign) for sign in signs}
        if len(codes) > 1:
            raise InvalidValue(f"две валюты в ячейке: {text}", f"the cell has two currencies: {text}")
        if not isinstance(cell, str):
            number = WrittenNumber(number.number, number.is_whole)
        return Money(number, codes.pop() if codes else "")


@record
class CurrencyCell:
    """A cell with a currency, given by its code, sign or name."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "code or sign of a currency"

    def read(self, cell: Cell) -> str:
        """Return the three-letter code of the currency."""
        return read_currency(cell_text(cell))


@record
class CostPartCell(CodeCell):
    """A cell with a part of a traffic source, or the id or name of a campaign; a number that was rounded is refused."""

    def read(self, cell: Cell) -> str:
        """Return the text of a cell, or an empty string for a placeholder such as `(not set)` or `--`."""
        text = SourcePartCell(self.length_max).read(StatedText(CodeCell.read(self, cell)))
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
        return None if cell_text(cell) in NO_DATA else IntegerCell(0, COUNT_MAX).read(cell)


def read_currency(text: str) -> str:
    """Return the three-letter code of a currency given by its code, sign or name.

    Raises:
        InvalidValue: the string is not a currency.
    """
    word = text.strip().strip(".").strip()
    code = CURRENCIES.get(word.casefold()) or (word.upper() if _CODE.fullmatch(word) else None)
    if code is None:
        raise InvalidValue(
            f"{word}: неизвестная валюта, укажите код из трёх букв, например RUB",
            f"{word}: unknown currency, use a code of three letters such as RUB",
        )
    return code


def read_positive(text: str, most: int | None) -> Decimal:
    """Parse a number above 0 without a currency; `most` is the largest allowed number, or `None` for no limit.

    Raises:
        InvalidValue: the string is not a number, has a currency, or is ambiguous (see `single_number`); or
            the number is not above 0 or is too large.
    """
    try:
        money = MoneyCell().read(text)
    except InvalidValue as fault:
        raise _not_positive(most) from fault
    check_positive(money.amount, money.currency, most)
    return single_number(money.written, most)


def check_positive(number: Decimal, currency: str, most: int | None) -> None:
    """Raise `InvalidValue` if a number has a currency, is not above 0, or exceeds `most`."""
    if currency or not number or (most is not None and number > most):
        raise _not_positive(most)


def _not_positive(most: int | None) -> InvalidValue:
    ru = "ожидается число больше 0" + ("" if most is None else f" и до {most}") + ", например 20 или 20.5"
    en = "a number above 0" + ("" if most is None else f" and up to {most}") + " is expected, such as 20 or 20.5"
    return InvalidValue(ru, en)
