"""Find the phones to mask in the keys of reports, and leave ids readable."""

import re
from itertools import accumulate

from dealtrace.leads.phones.normal_form import list_phones
from dealtrace.leads.phones.numbering_plans import is_assigned_in_russia

_GROUP = re.compile(r"\d+")
_RUSSIAN_PREFIXES = ("7", "8")
_FOREIGN_GROUPS_MIN = 4
"""Ours: a number of at least this many groups is masked as a foreign phone without a plus: `375 29 123-45-67`."""
_WITH_PREFIX, _NATIONAL = 11, 10


def find_marked_phone(written: str) -> tuple[int, int] | None:
    """Return the start and end of the first phone to mask in a number, or `None` if none is marked as a phone.

    `written` is a number with its separators: blanks, brackets, dots and dashes.

    Ours: ids of campaigns, ads and deals are as long as phones. Digits without separators therefore count as a phone
    only if there are eleven of them, they begin with 7 or 8, and Russia can assign them. Other numbers count only if
    they are marked as phones: by a plus, or by separators between groups of digits that together are a phone. So ids of
    eight or ten digits stay readable.
    """
    if written.startswith("+"):
        return 0, len(written)
    groups = list(_GROUP.finditer(written))
    for first, group in enumerate(groups):
        lengths = accumulate(len(other[0]) for other in groups[first:])
        for last, length in enumerate(lengths, first):
            if length > _WITH_PREFIX:
                break
            digits = "".join(other[0] for other in groups[first : last + 1])
            if _is_russian(digits, is_in_groups=last > first):
                return group.start(), groups[last].end()
    is_foreign = len(groups) >= _FOREIGN_GROUPS_MIN and list_phones(written)
    return (0, len(written)) if is_foreign else None


def _is_russian(digits: str, *, is_in_groups: bool) -> bool:
    if len(digits) == _WITH_PREFIX:
        return digits.startswith(_RUSSIAN_PREFIXES) and is_assigned_in_russia(digits[1:])
    return len(digits) == _NATIONAL and is_in_groups and is_assigned_in_russia(digits)
