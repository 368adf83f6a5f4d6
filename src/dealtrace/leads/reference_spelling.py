"""The ids and numbers of deals and leads in other systems (references), compared without surrounding blanks."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from dealtrace.plain_text import stripped

Found = TypeVar("Found")
_WORDS_FOR_NOTHING = frozenset(
    {
        "undefined",
        "null",
        "(null)",
        "none",
        "nil",
        "nan",
        "array",
        "[object object]",
        "#n/a",
        "#ref!",
        "#value!",
    }
)
"""What JavaScript, PHP, Python, Go and Excel write, in lower case, for a variable or cell that has no value."""
_EMPTY_LENGTH_MAX = max(map(len, _WORDS_FOR_NOTHING))


def names_nothing(reference: str) -> bool:
    """Return whether a reference is the word that a program writes for a missing value, such as `undefined`.

    Ours: if such a word were stored as a number, all deals whose number a program does not know would become one deal.
    """
    return len(reference) <= _EMPTY_LENGTH_MAX and stripped(reference).lower() in _WORDS_FOR_NOTHING


def spellings(reference: str) -> tuple[str, ...]:
    """List the spellings under which a reference may be stored: first without surrounding blanks, then as it was sent.

    Ours: references are stored stripped, but earlier releases stored them as they were sent.
    """
    bare = stripped(reference)
    return (bare,) if bare == reference else (bare, reference)


def all_spellings(references: Iterable[str]) -> list[str]:
    """List the strings under which any of several references may be stored; see `spellings`."""
    return [spelling for reference in references for spelling in spellings(reference)]


def find_spelt(reference: str, known: Mapping[str, Found]) -> Found | None:
    """Look a reference up in `known`: first without surrounding blanks, then as sent; `None` if neither is a key."""
    for spelling in spellings(reference):
        if spelling in known:
            return known[spelling]
    return None
