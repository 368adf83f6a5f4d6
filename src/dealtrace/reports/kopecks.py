"""Money in kopecks, and splitting the kopecks of a deal among its touches: the visits that led to it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from dealtrace.attribution.credit import WHOLE


def split_kopecks(kopecks: int, shares: Sequence[int]) -> list[int]:
    """Split `kopecks` by shares; the parts are in the order of `shares` and add up to `kopecks`.

    `shares` add up to `WHOLE`; they belong to touches (visits that led to the deal), the latest first. Parts are
    rounded down, and the remaining kopecks go to the largest remainders, one each. A negative amount is split
    like its absolute value, into negative parts.
    Ours: of touches with equal remainders, the later one gets its kopeck first, because it is closer to the deal, and
    the rule must not depend on the order of storage.

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


def rubles_of(kopecks: int) -> str:
    """Format kopecks as rubles with two decimals: `-0.05`, `1234.50`."""
    sign, whole = ("-" if kopecks < 0 else ""), abs(kopecks)
    return f"{sign}{whole // 100}.{whole % 100:02}"


def share_text(share: int) -> str:
    """Format a share, given in units of 1/`WHOLE`, with six decimals: `0.333333`."""
    return f"{share // WHOLE}.{share % WHOLE:06}"


def ratio_text(part: int, whole: int) -> str | None:
    """Return `part` / `whole` as a string with six decimals, rounded half even, or `None` if `whole` is zero."""
    if not whole:
        return None
    return f"{(Decimal(part) / Decimal(whole)).quantize(Decimal('0.000001'), ROUND_HALF_EVEN):f}"
