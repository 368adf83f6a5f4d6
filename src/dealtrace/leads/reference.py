"""Numbers and references, by which deals and leads are known elsewhere: blanks around them mean nothing."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from dealtrace.leads.plain_text import stripped

Found = TypeVar("Found")


def spellings(reference: str) -> tuple[str, ...]:
    """List the texts to look a reference up by: without what surrounds it, then as it was sent.

    Ours: what is stored is stripped; earlier releases stored references as they were sent, and those are still found.
    """
    bare = stripped(reference)
    return (bare,) if bare == reference else (bare, reference)


def all_spellings(references: Iterable[str]) -> list[str]:
    """List the spellings of several references."""
    return [spelling for reference in references for spelling in spellings(reference)]


def find_spelt(reference: str, known: Mapping[str, Found]) -> Found | None:
    """Return what is known under a reference, however it is spelt; `None` if nothing is."""
    for spelling in spellings(reference):
        if spelling in known:
            return known[spelling]
    return None
