"""Find Russian numbers in the groups in which people usually write them, inside longer rows of digits."""

import re
from collections.abc import Iterator

from dealtrace.leads.numbering import is_assigned_in_russia
from dealtrace.record import record

USUAL_GROUPS = (
    (10,), (3, 7), (3, 3, 4), (3, 3, 2, 2), (3, 2, 2, 3), (3, 1, 2, 2, 2),
    (4, 6), (4, 2, 2, 2), (4, 3, 3), (5, 5), (5, 1, 2, 2), (5, 2, 3), (5, 3, 2),
)  # fmt: skip
"""Ours: the lengths of the groups in which people write ten digits; Russian codes have three to five digits."""


def _followed_by_usual(prefix: str) -> re.Pattern[str]:
    groups = "|".join(" ".join(f"[0-9]{{{length}}}" for length in lengths) for lengths in USUAL_GROUPS)
    return re.compile(rf"(?<![0-9])(?={prefix}(?P<ten>{groups})(?![0-9]))")


_PREFIXED, _LOCAL = _followed_by_usual("(?:(?:00|8 ?10) ?7|[78]) ?"), _followed_by_usual("")


@record
class UsualNumber:
    """A possible Russian phone number whose digits are grouped in a usual way; `national` has its ten digits.

    `start` and `end` are where the number begins and ends; a prefix, if there is one, belongs to the number.
    `is_likely` is true if the number has a prefix or exactly two groups: other digits rarely look so by chance.
    """

    national: str
    start: int
    end: int
    is_likely: bool


def list_usual(digits: str) -> list[UsualNumber]:
    """List the Russian numbers, grouped as in `USUAL_GROUPS`, that `digits` contains; the numbers may overlap."""
    return list(_find(digits))


def _find(digits: str) -> Iterator[UsualNumber]:
    for pattern in (_PREFIXED, _LOCAL):
        for found in pattern.finditer(digits):
            national = found["ten"].replace(" ", "")
            if is_assigned_in_russia(national):
                yield UsualNumber(
                    national, found.start(), found.end("ten"), pattern is _PREFIXED or found["ten"].count(" ") == 1
                )
