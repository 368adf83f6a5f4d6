"""Money in kopecks, and the kopecks of a deal split among the touches that led to it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from dealtrace.attribution.credit import WHOLE


def split_kopecks(kopecks: int, shares: Sequence[int]) -> list[int]:
    """Return the part of `kopecks` that belongs to each share, in the order of `shares`; the parts add up to `kopecks`.

    `shares` are parts of `WHOLE` that add up to it, those of later touches first. What rounding down leaves goes to
    the largest remainders, a kopeck each; of equal remainders the later touch is first. A negative sum is split as its
    opposite.
    Ours: the later touch is closer to the deal, and the rule must not depend on the order of storage.

    Raises:
        AssertionError: the shares do not add up to `WHOLE`.
    """
    assert sum(shares) == WHOLE, "the shares of a deal add up to the whole"
    if kopecks < 0:
        return [-part for part in split_kopecks(-kopecks, shares)]
    parts = [kopecks * share // WHOLE for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda position: (-(kopecks * shares[position] % WHOLE), position))
    for position in by_remainder[: kopecks - sum(parts)]:
        parts[position] += 1
    return parts


def kopecks_of(amount_rub: Decimal) -> int:
    """Return a sum of rubles in whole kopecks, rounded half up: away from zero for both signs."""
    return int((amount_rub * 100).quantize(Decimal(1), ROUND_HALF_UP))


def rubles_of(kopecks: int) -> str:
    """Format kopecks as rubles with two decimals: `-0.05`, `1234.50`."""
    sign, whole = ("-" if kopecks < 0 else ""), abs(kopecks)
    return f"{sign}{whole // 100}.{whole % 100:02}"


def share_text(share: int) -> str:
    """Format parts of `WHOLE` as a decimal with six places: `0.333333`."""
    return f"{share // WHOLE}.{share % WHOLE:06}"


def ratio_text(part: int, whole: int) -> str | None:
    """Format a ratio with six decimals, half even; `None` over zero."""
    if not whole:
        return None
    return f"{(Decimal(part) / Decimal(whole)).quantize(Decimal('0.000001'), ROUND_HALF_EVEN):f}"
