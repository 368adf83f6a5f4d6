"""Find the other numbers that may be in a row of digits, and whether they make a phone that was read there doubtful."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from dealtrace.leads.numbering import RUSSIA, is_assigned_in_russia, is_foreign_in_groups
from dealtrace.leads.phone_text import is_short
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
_ALONE = re.compile(r"(?:\+ ?)?[78] (?: ?[0-9]){,10}|[0-9]{11}|(?: ?[0-9]){,10}")
"""A pattern of digits that are too few to contain both a Russian number and something else."""
_CODE_LENGTHS = range(2, 4)
_UNDIVIDED = re.compile("[78] |[0-9]{10}")
_EXIT_CODE = re.compile("8 ?10[0-9]* ?")


@record
class Rival:
    """A number that may be in a row of digits: in normal form, and where it begins (at its prefix) and ends.

    It is likely if it has a prefix or two groups, since few other digits have such groups by chance.
    """

    phone: str
    start: int
    end: int
    is_likely: bool


@record
class Reading:
    """A phone that was read in a row: `digits` are those of its number from the beginning of the phone.

    `start` and `over` are where the phone begins and ends in the row, `number_end` is where its number ends, and
    `row_end` where the row ends, or the extension in it begins.
    """

    phone: str
    digits: str
    start: int
    over: int
    number_end: int
    row_end: int
    rivals: Sequence[Rival]

    @property
    def is_usual(self) -> bool:
        """Whether the phone is a Russian number in usual groups."""
        return any(rival.phone == self.phone and self.start <= rival.start < self.over for rival in self.rivals)

    @property
    def others(self) -> list[Rival]:
        """The other numbers that share digits with the phone."""
        overlapping = (rival for rival in self.rivals if rival.start < self.over and rival.end > self.start)
        return [rival for rival in overlapping if rival.phone != self.phone]


@record
class RivalRule:
    """A rule for phones that are written in one way: an example, and which numbers that begin inside a phone count.

    A number that counts makes the phone doubtful.
    """

    example: str
    fits: Callable[[Reading], bool]
    counts: Callable[[Reading, Rival], bool]


def _has_plus(reading: Reading) -> bool:
    return reading.digits.startswith(("+", "00"))


def _has_exit_code(reading: Reading) -> bool:
    return _EXIT_CODE.match(reading.digits) is not None


def _is_foreign_behind_exit_code(reading: Reading) -> bool:
    """Return whether the digits behind `8~10` are a foreign number, judging by their groups."""
    rest = _EXIT_CODE.sub("", reading.digits, count=1)
    if not _has_exit_code(reading) or " " not in rest:
        return _has_exit_code(reading) and reading.digits.startswith("8 ")
    return rest.find(" ") in _CODE_LENGTHS and is_foreign_in_groups(rest)


def _is_usual_and_undivided(reading: Reading) -> bool:
    """Return whether the phone is in usual groups, and begins with a 7 or 8 alone or with ten digits or more."""
    return reading.is_usual and _UNDIVIDED.match(reading.digits) is not None


def _is_behind_exit_code(reading: Reading, rival: Rival) -> bool:
    exit_code = _EXIT_CODE.match(reading.digits)
    return exit_code is not None and rival.start == reading.start + exit_code.end()


def _begins_with_second_group(reading: Reading, rival: Rival) -> bool:
    """Return whether a number begins with the phone's second group, and ends where a number may end."""
    is_second = rival.start == reading.start + reading.digits.find(" ") + 1
    return is_second and rival.end <= (reading.row_end if rival.is_likely else reading.number_end)


def _never(reading: Reading, rival: Rival) -> bool:
    return False


def _always(reading: Reading, rival: Rival) -> bool:
    return True


RIVAL_RULES = (
    RivalRule("+7 920 555-00-55, 0049 30 123456", _has_plus, _never),
    RivalRule("8~10 49 30 123456", _is_foreign_behind_exit_code, _never),
    RivalRule("8104 8 (495) 132-65-54", _has_exit_code, _is_behind_exit_code),
    RivalRule("8 (495) 123-45-67, 9205550055", _is_usual_and_undivided, _never),
    RivalRule("8841 978-29-60 (632)", lambda reading: reading.is_usual, _begins_with_second_group),
    RivalRule("79. 8 857 401-89-80", lambda reading: True, _always),
)
"""Which numbers that begin inside a phone make it doubtful; the first rule that fits the phone is used.

Ours: numbers of houses, flats and lists stand before phones, as in `д.79 8 (495) 123-45-67`, and must not be read as
their first digits. A plus, `00`, `8~10`, a 7 or 8 alone, and ten digits together show where a phone begins.
"""


def is_doubtful(reading: Reading) -> bool:
    """Return whether a phone may be parts of other numbers, by the first of the `RIVAL_RULES` that fits.

    A number that begins before the phone and shares digits with it makes every phone doubtful.
    """
    others = reading.others
    if any(rival.start < reading.start for rival in others):
        return True
    if not others:
        return False
    rule = next(rule for rule in RIVAL_RULES if rule.fits(reading))
    return any(rule.counts(reading, rival) for rival in others)


def list_rivals(row: Sequence[str]) -> list[Rival]:
    """List the Russian numbers in usual groups that may be in a row, also across the punctuation between its numbers.

    They may overlap, and each begins with a group. If a Russian number begins in one number of the row and ends in a
    later one, it must end where the later one ends, or have an extension behind it.
    """
    digits = " ".join(row)
    if _ALONE.fullmatch(digits) is not None:
        return []
    ends = list(accumulate(row, lambda end, number: end + 1 + len(number), initial=-1))
    return [rival for rival in _find(digits) if _may_end(digits, ends, rival)]


def _may_end(digits: str, ends: Sequence[int], rival: Rival) -> bool:
    last = bisect_left(ends, rival.end)
    behind = digits[rival.end : ends[last]].strip()
    return rival.start > ends[last - 1] or (is_short(behind) and " " not in behind)


def _find(digits: str) -> Iterator[Rival]:
    for pattern in (_PREFIXED, _LOCAL):
        for found in pattern.finditer(digits):
            national = found["ten"].replace(" ", "")
            if is_assigned_in_russia(national):
                is_likely = pattern is _PREFIXED or found["ten"].count(" ") == 1
                yield Rival(RUSSIA + national, found.start(), found.end("ten"), is_likely)
