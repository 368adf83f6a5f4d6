"""Suggest a known name for an unknown name."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

CONTAINED_LENGTH_MIN = 3
"""Ours: the minimum length of a name that is looked for in longer names; shorter names are part of too many names."""


SIMILARITY_MIN = 0.8


def is_misspelling(name: str, known: str) -> bool:
    """Return whether `name` may be a misspelling of a known name, as `orderSumm` is of `orderSum`.

    Names that only begin alike, such as `orderId` and `orderDate`, are too different.
    """
    return SequenceMatcher(None, name.casefold(), known.casefold()).ratio() >= SIMILARITY_MIN


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to `name`, ignoring case, or `None` if no name is similar.

    Ours: a name that contains `name`, or is part of it, is preferred: `sum` suggests `orderSum`, and `orderStatus`
    suggests `status`.
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


def suggestion(nearest: str | None) -> tuple[str, str]:
    """Return a sentence that suggests a known name, in Russian and in English, after a blank; empty if it is `None`."""
    return (f" Возможно, {nearest}?", f" Did you mean {nearest}?") if nearest is not None else ("", "")


def bracketed_suggestion(nearest: str | None) -> tuple[str, str]:
    """Return a suggestion of a known name in brackets, in Russian and in English, after a blank; empty if `None`."""
    return (f" (возможно, {nearest})", f" (did you mean {nearest}?)") if nearest is not None else ("", "")
