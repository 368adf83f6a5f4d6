"""Sort the rows of a report for people who may not see contacts, so that the order does not reveal what is masked."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

from dealtrace.reports.answer import ByKey, Rank, SortRows, Spell, sequence_of
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.question import Question
from dealtrace.reports.reading.masking import masked_key, may_have_contacts
from dealtrace.reports.rows.gathered import RowKey, RowKeys

MASKS_KEPT_MAX = 10_000
"""How many masked keys are kept while rows are sorted; a report may have a million keys."""
_TIES = secrets.token_bytes(blake2b.MAX_KEY_SIZE)


def spelled_as_seen(spell: Spell) -> Spell:
    """Return a function like `spell` that masks contacts in keys."""

    @lru_cache(maxsize=MASKS_KEPT_MAX)
    def mask(dimension: Dimension, text: str) -> str:
        return masked_key(dimension, text)

    def shown(dimension: Dimension, key: RowKey) -> str | None:
        text = spell(dimension, key)
        return mask(dimension, text) if text is not None else None

    return shown


def mixed_ties(sort: SortRows) -> SortRows:
    """Return a function like `sort` that puts rows that look the same in a random order.

    Ours: the order of rows that look the same depends on a random number that each process draws at its start. If they
    were in the order of their keys, a reader would see which of two masked phones is the greater one.
    """

    def sort_mixed(
        rows: Iterable[RowKeys], rank: Callable[[RowKeys], Rank], limit: int | None
    ) -> tuple[Sequence[RowKeys], int]:
        return sort(rows, lambda keys: (*rank(keys), blake2b(repr(keys).encode(), key=_TIES).digest()), limit)

    return sort_mixed


def sorts_by_masked_keys(question: Question) -> bool:
    """Return whether the rows of a report are sorted, first of all, by keys that may be masked."""
    first = next(iter(sequence_of(question)), None)
    return isinstance(first, ByKey) and may_have_contacts(question.by[first.place])


def has_masked_keys(question: Question, rows: Iterable[Mapping[RowKeys, object]], spell: Spell, shown: Spell) -> bool:
    """Return whether a key among `rows` is masked, that is, shown differently from what `spell` returns."""
    return any(
        shown(dimension, key) != spell(dimension, key)
        for side in rows
        for keys in side
        for dimension, key in zip(question.by, keys, strict=True)
    )
