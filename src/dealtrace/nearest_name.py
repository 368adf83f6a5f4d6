"""Suggest a known name for an unknown name."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

CONTAINED_LENGTH_MIN = 3
"""Ours: the minimum length of a name that is looked for in longer names; shorter names are part of too many names."""


SIMILARITY_MIN = 0.8


def is_misspelling(name: str, known: str) -> bool:
    """Return whether `name` may be a misspelling of a known name, as `orderSumm` is of `orderSum`.

    Names that have only their beginning in common, such as `orderId` and `orderDate`, are too different.
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
    """Return a sentence in Russian and one in English that suggest `nearest`, or two empty strings for `None`.

    Each sentence begins with a space, so that it can follow another sentence.
    """
    return (f" Возможно, {nearest}?", f" Did you mean {nearest}?") if nearest is not None else ("", "")


def bracketed_suggestion(nearest: str | None) -> tuple[str, str]:
    """Return a suggestion of `nearest` in brackets, in Russian and in English, or two empty strings for `None`.

    Each suggestion begins with a space, so that it can follow other words.
    """
    return (f" (возможно, {nearest})", f" (did you mean {nearest}?)") if nearest is not None else ("", "")
