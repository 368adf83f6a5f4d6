"""The known name that an unknown one was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

CONTAINED_LENGTH_MIN = 3
"""Ours: a shorter name is a part of too many others."""


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like another, without regard to case; `None` if none is.

    Ours: a name that contains the other comes first: `sum` is meant to be `orderSum`, and `orderStatus` to be `status`.
    """
    by_folded = {known_name.casefold(): known_name for known_name in known}
    folded = name.casefold()
    parts = [
        other
        for other in by_folded
        if min(len(folded), len(other)) >= CONTAINED_LENGTH_MIN and (folded in other or other in folded)
    ]
    alike = sorted(parts, key=lambda other: abs(len(other) - len(folded))) or get_close_matches(folded, by_folded, n=1)
    return by_folded[alike[0]] if alike else None
