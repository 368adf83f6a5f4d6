"""Files of currency rates; a row has a currency, the first day of its rate, and the price in rubles of one unit."""

from decimal import Decimal
from itertools import islice
from pathlib import Path

from dealtrace.deals.currency import (
    FORMERLY_FOREIGN,
    RATE_RUB_MAX,
    RATE_RUB_MIN,
    CurrencyRate,
    currency_word,
    read_foreign,
    rounded_rate,
)
from dealtrace.deals.written_number import clear_number
from dealtrace.errors import InvalidParameters, InvalidValue
from dealtrace.files.cell_types import NumberCell, cell_text
from dealtrace.files.costs.cells import CurrencyCell, DayCell, MoneyCell, check_positive, read_positive
from dealtrace.files.decimal_signs import DecimalSigns
from dealtrace.files.import_columns import (
    ImportColumn,
    Need,
    accepted_headings,
    column_titles,
    lay_out,
    missing_columns,
    row_fault,
)
from dealtrace.files.row import Cell
from dealtrace.files.table_file import open_table
from dealtrace.files.unreadable import take_headings, unreadable
from dealtrace.record import record

RATES_MAX = 100_000
"""The maximum number of rates in a file, because one transaction stores them all."""


@record
class RateCell(NumberCell):
    """A cell with the price of one unit of a currency, in rubles."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return f"number from {RATE_RUB_MIN} to {RATE_RUB_MAX:,}"

    def read(self, cell: Cell) -> Decimal:
        """Return the price of one unit as a decimal number of rubles."""
        money = MoneyCell().read(cell)
        rubles = clear_number(money.written, self.decimal_sign)
        check_positive(rubles, money.currency, RATE_RUB_MAX)
        return _checked_rate(rubles)


@record
class ForeignCurrencyCell:
    """A cell with a currency other than the ruble."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return CurrencyCell().form

    def read(self, cell: Cell) -> str:
        """Return the code of the currency as deals store it, in lower case."""
        word = currency_word(cell_text(cell))
        return word if word in FORMERLY_FOREIGN else read_foreign(CurrencyCell().read(cell))


RATE_COLUMNS = (
    ImportColumn("currency", ("Валюта", "Код валюты", "code"), ForeignCurrencyCell(), "The currency.", Need.CELL),
    ImportColumn("date", ("Дата", "День", "day"), DayCell(), "The first day of the rate.", Need.CELL),
    ImportColumn("rate", ("Курс", "rubles"), RateCell(), "The price in rubles of one unit of the currency.", Need.CELL),
)


def read_rate(text: str) -> Decimal:
    """Return the price in rubles of one unit of a currency, rounded half up to millionths.

    Raises:
        InvalidValue: the string is not a number or is ambiguous, or the number is too small or too large.
    """
    return _checked_rate(read_positive(text, RATE_RUB_MAX))


def _checked_rate(rubles: Decimal) -> Decimal:
    if rubles < RATE_RUB_MIN:
        raise InvalidValue(
            f"ожидается число от {RATE_RUB_MIN} до {RATE_RUB_MAX}, например 92.5",
            f"a number from {RATE_RUB_MIN} to {RATE_RUB_MAX} is expected, such as 92.5",
        )
    return rounded_rate(rubles)


def read_rates(path: Path, encoding: str | None) -> list[CurrencyRate]:
    """Read all rates of a file; if `encoding` is `None`, the encoding of a text file is detected.

    Raises:
        FileUnreadable: the file is not a table of rates, or a row is invalid; the message names its row and column.
    """
    table = open_table(path, encoding, RATE_COLUMNS)
    rows = (row for row in table.read() if not row.is_blank)
    head = take_headings(path, rows)
    layout = lay_out(head.cells, RATE_COLUMNS)
    for column in missing_columns(layout, RATE_COLUMNS):
        (ru, en), accepted = column_titles(column), accepted_headings(column)
        raise unreadable(
            path,
            f"нет столбца {ru}; подойдут заголовки: {accepted}",
            f"a column is missing: {en}; accepted headings: {accepted}",
        )
    found = list(islice(rows, RATES_MAX + 1))
    if len(found) > RATES_MAX:
        raise unreadable(path, f"строк больше {RATES_MAX:,}", f"the file has more than {RATES_MAX:,} rows")
    signs = DecimalSigns(layout)
    for row in found:
        signs.note(row)
    layout, rates = signs.decided(), []
    for row in found:
        try:
            values = layout.read(row)
        except InvalidParameters as fault:
            first = fault.violations[:1]
            raise unreadable(
                path,
                f"строка {row.number}: {row_fault(first, 'ru')}",
                f"row {row.number}: {row_fault(first, 'en')}",
            ) from fault
        rates.append(CurrencyRate(values["currency"], values["date"], values["rate"]))
    return rates
