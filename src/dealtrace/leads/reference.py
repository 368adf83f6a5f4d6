"""Numbers and references that identify deals and leads in other systems; blanks around them are ignored."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from dealtrace.leads.plain_text import stripped

Found = TypeVar("Found")


def spellings(reference: str) -> tuple[str, ...]:
    """List the texts to look a reference up by: stripped of surrounding blanks, then as it was sent.

    Ours: references are stored stripped; earlier releases stored them as they were sent, and those are still found.
    """
    bare = stripped(reference)
    return (bare,) if bare == reference else (bare, reference)


def all_spellings(references: Iterable[str]) -> list[str]:
    """List the spellings of several references."""
    return [spelling for reference in references for spelling in spellings(reference)]


def find_spelt(reference: str, known: Mapping[str, Found]) -> Found | None:
    """Return the value of a reference in `known`, in any of its spellings; `None` if there is none."""
    for spelling in spellings(reference):
        if spelling in known:
            return known[spelling]
    return None
