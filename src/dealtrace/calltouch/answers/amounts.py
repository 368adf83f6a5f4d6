"""Format amounts of money for answers."""

from decimal import ROUND_HALF_UP, Decimal

_STEP = Decimal("0.0001")


def four_decimals(amount: Decimal | None) -> str | None:
    """Format an amount with four decimals, such as `6000.0000`, or return `None` if there is no amount."""
    return None if amount is None else f"{amount.quantize(_STEP):f}"


def plain_number(amount: Decimal) -> int | Decimal:
    """Return an amount as an integer if it is whole, else as a decimal without trailing zeros."""
    whole = int(amount)
    return whole if whole == amount else amount.normalize()


def whole_rubles(amount: Decimal | None) -> int | None:
    """Return an amount in whole rubles, rounded half up, or `None` if there is no amount."""
    return None if amount is None else int(amount.to_integral_value(ROUND_HALF_UP))
