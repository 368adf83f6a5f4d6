"""Money under shares: the kopecks of a deal split among the touches that led to it."""

from collections.abc import Sequence

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
