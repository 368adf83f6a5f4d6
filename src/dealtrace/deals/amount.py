"""The precision and the largest value of the amount of a deal, in rubles."""

import re
from decimal import ROUND_HALF_UP, Decimal

from dealtrace.attribution.cost import KOPECKS_PER_RUBLE
from dealtrace.errors import InvalidValue
from dealtrace.plain_text import plain

DECIMALS = 4
AMOUNT_STEP = Decimal(1).scaleb(-DECIMALS)
"""Amounts are rounded to ten-thousandths of a ruble wherever they are read, stored or shown."""
STEPS_PER_RUBLE = 10**DECIMALS
AMOUNT_MAX = Decimal(9 * 10**14)
"""The largest absolute value of an amount, in rubles."""
AMOUNT_LENGTH_MAX = 100
_AMOUNT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def parse_amount(text: str) -> Decimal:
    """Parse an amount in rubles.

    Ours: a comma is read as a decimal point, blanks and invisible marks are ignored, and a sign is accepted, as are
    digits and minus signs of other alphabets. Digits beyond the fourth decimal are rounded half up.

    Raises:
        InvalidValue: the string is not an amount, or its absolute value exceeds `AMOUNT_MAX`.
    """
    number = plain(text).replace(" ", "").replace(",", ".")
    is_of_two_cells = "\t" in text.strip()
    if is_of_two_cells or len(number) > AMOUNT_LENGTH_MAX or not _AMOUNT.fullmatch(number):
        raise InvalidValue(
            "ожидается сумма в рублях, например 1000 или 1000.50",
            "an amount in rubles is expected, such as 1000 or 1000.50",
        )
    amount = Decimal(number)
    if abs(amount) > AMOUNT_MAX:
        raise InvalidValue(
            f"сумма по модулю больше {AMOUNT_MAX}", f"the amount must be from -{AMOUNT_MAX} to {AMOUNT_MAX}"
        )
    return amount.quantize(AMOUNT_STEP, ROUND_HALF_UP)


def kopecks_of(amount_rub: Decimal) -> int:
    """Return an amount in rubles as kopecks, rounded to the nearest kopeck; halves are rounded away from zero."""
    return int((amount_rub * KOPECKS_PER_RUBLE).quantize(Decimal(1), ROUND_HALF_UP))
