"""The precision and range of the sum of a deal, in rubles."""

import re
from decimal import ROUND_HALF_UP, Decimal

DECIMALS = 4
AMOUNT_STEP = Decimal(1).scaleb(-DECIMALS)
"""Sums are rounded to ten-thousandths of a ruble wherever they are read, stored or shown."""
STEPS_PER_RUBLE = 10**DECIMALS
AMOUNT_MAX = Decimal(9 * 10**14)
"""The largest absolute value."""
AMOUNT_LENGTH_MAX = 100
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")
_AMOUNT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def parse_amount(text: str) -> Decimal | None:
    """Parse a sum in rubles, `None` if it is none: a comma or a point, spaces, a minus; rounded half up."""
    plain = text.translate(_SPACES).replace(",", ".")
    if len(plain) > AMOUNT_LENGTH_MAX or not _AMOUNT.fullmatch(plain):
        return None
    amount = Decimal(plain)
    return amount.quantize(AMOUNT_STEP, ROUND_HALF_UP) if abs(amount) <= AMOUNT_MAX else None
