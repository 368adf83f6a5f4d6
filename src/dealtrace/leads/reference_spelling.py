"""The ids and numbers of deals and leads in other systems (references), compared without surrounding blanks."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from dealtrace.leads.plain_text import stripped

Found = TypeVar("Found")


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
