"""The precision and range of the sum of a deal, in rubles."""

from decimal import Decimal

DECIMALS = 4
AMOUNT_STEP = Decimal(1).scaleb(-DECIMALS)
"""Sums are rounded to ten-thousandths of a ruble wherever they are read, stored or shown."""
STEPS_PER_RUBLE = 10**DECIMALS
AMOUNT_MAX = Decimal(9 * 10**14)
"""The largest absolute value."""
