"""Find other numbers that a row of digits may contain, and decide whether they make a phone found there doubtful."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from dealtrace.leads.phones.numbering_plans import (
    EXTENSION_LENGTH_MAX,
    LENGTH_MAX,
    RUSSIA,
    country_codes,
    is_assigned_in_russia,
    is_short,
    valid_foreign,
)
from dealtrace.leads.phones.surrounding_text import NumberInText
from dealtrace.record import record

USUAL_GROUPS = (
    (10,), (3, 7), (3, 3, 4), (3, 3, 2, 2), (3, 2, 2, 3), (3, 1, 2, 2, 2),
    (4, 6), (4, 2, 2, 2), (4, 3, 3), (5, 5), (5, 1, 2, 2), (5, 2, 3), (5, 3, 2),
)  # fmt: skip
"""Ours: the lengths of the groups in which people write ten digits; Russian codes have three to five digits.

Ten digits in such groups make any other phone that shares digits with them doubtful.
"""
_LOCAL_AND_DIGIT = re.compile("(?P<ten>[78][0-9](?: ?[0-9]){8}) [0-9](?![0-9])")


def _followed_by_usual(prefix: str) -> re.Pattern[str]:
    groups = "|".join(" ".join(f"[0-9]{{{length}}}" for length in lengths) for lengths in USUAL_GROUPS)
    return re.compile(rf"(?<![0-9])(?={prefix}(?P<ten>{groups})(?![0-9]))")


_PREFIXED, _LOCAL = _followed_by_usual("(?:(?:00|8 ?10) ?7|[78]) ?"), _followed_by_usual("")
_ALONE = re.compile(r"(?:\+ ?)?[78] (?: ?[0-9]){,10}|[0-9]{11}|(?: ?[0-9]){,10}")
"""Matches strings with too few digits to contain both a Russian number and something else."""
_UNDIVIDED = re.compile("[78] |[0-9]{10}")
_EXIT_CODE = re.compile("8 ?10[0-9]* ?")
_FOREIGN_START = re.compile(
    "(?<= )(?:(?P<exit>00|8 ?10) ?)?(?:(?P<code>[1-9][0-9]{,2})(?= )|(?=(?P<whole>[1-9][0-9]{7,14})(?![0-9])))"
)
"""The start of a foreign number: perhaps an exit code, then the country code as a group or all digits as one group."""
_GROUP = re.compile(" ?([0-9]+)")
_LONG_FOREIGN_MIN = 10
_LIKELY_EXTENSION_MAX = 4


@record
class Rival:
    """A number that a row of digits may contain: in normal form, and where it begins (at its prefix) and ends.

    `is_likely` is true if the number has a prefix or exactly two groups, since digits rarely look like that by chance.
    """

    phone: str
    start: int
    end: int
    has_prefix: bool = True
    is_likely: bool = True


@record
class PhoneReading:
    """A phone that was read at the start of `digits`, which are a written number in a row or the end of such a number.

    All positions are positions in the row. The phone begins at `start` and ends before `over`, and the written number
    ends before `number_end`. The row, or its part before an extension, ends before `row_end`.
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
    """A rule for phones written in one way: an example, which phones the rule `fits`, and which rivals it `counts`.

    A rival that counts makes the phone doubtful. Foreign rivals count only if they have at least `foreign_length_min`
    digits; if that is `None`, they never count.
    """

    example: str
    fits: Callable[[PhoneReading], bool]
    counts: Callable[[PhoneReading, Rival], bool]
    foreign_length_min: int | None = None


def _has_plus(reading: PhoneReading) -> bool:
    return reading.digits.startswith(("+", "00"))


def _has_exit_code(reading: PhoneReading) -> bool:
    return _EXIT_CODE.match(reading.digits) is not None


def _behind_exit_code(reading: PhoneReading) -> str:
    return reading.digits.removeprefix("8").lstrip().removeprefix("10").lstrip()


def _is_usual_and_undivided(reading: PhoneReading) -> bool:
    """Return whether the phone is in usual groups, and its first group is just a 7 or 8, or has ten digits or more."""
    return reading.is_usual and _UNDIVIDED.match(reading.digits) is not None


def _end_of_exit_code(reading: PhoneReading) -> int:
    """Return the position in the row after a phone's `8~10`, any digits directly after it, and a blank."""
    exit_code = _EXIT_CODE.match(reading.digits)
    return reading.start + (exit_code.end() if exit_code is not None else 0)


def _has_trunk_prefix(reading: PhoneReading, rival: Rival) -> bool:
    """Return whether a rival has a prefix 7 or 8, and `8~10` and another group of the phone's digits precede it."""
    return rival.has_prefix and rival.start > _end_of_exit_code(reading)


def _begins_with_country_code(reading: PhoneReading) -> bool:
    """Return whether the phone is foreign, with its country code as its first group."""
    return not reading.phone.startswith(RUSSIA) and reading.digits.partition(" ")[0] in country_codes()


def _may_follow_exit_code(reading: PhoneReading, rival: Rival) -> bool:
    """Return whether a rival may be the real phone, so that `8~10` and the digits before the rival mean something else.

    They may be the number of a house or an order. If the reading is unclear, every rival may be the real phone. The
    reading is clear if its phone is a Russian number in usual groups, or a number that its country can assign, with the
    country code directly after the `8~10`. Then a foreign rival may be the real phone only if it is long. A Russian
    rival must begin directly after the `8~10` (or after the group that begins with it), or have its own 7 or 8.
    """
    code = _behind_exit_code(reading).partition(" ")[0]
    is_clear = reading.is_usual or (code in country_codes() and valid_foreign(reading.phone) == reading.phone)
    if not is_clear:
        return True
    if not rival.phone.startswith(RUSSIA):
        return len(rival.phone) >= _LONG_FOREIGN_MIN
    return rival.start == _end_of_exit_code(reading) or _has_trunk_prefix(reading, rival)


def _goes_on_behind(reading: PhoneReading, rival: Rival) -> bool:
    """Return whether a number begins inside the phone with a prefix of its own, and continues after the phone.

    A foreign number needs no prefix if it is long and continues after the phone with more than a usual extension. Only
    an extension may follow the number, and no other phone with a prefix may follow the phone directly.
    """
    is_second_behind = any(other.has_prefix and other.start == reading.over for other in reading.rivals)
    if is_second_behind or rival.start <= reading.start or not reading.over < rival.end <= reading.row_end:
        return False
    behind = reading.digits[reading.over - reading.start : rival.end - reading.start].strip()
    rest = reading.digits[rival.end - reading.start :].strip()
    is_long = not rival.phone.startswith(RUSSIA) and len(rival.phone) >= _LONG_FOREIGN_MIN
    is_marked = rival.has_prefix or (is_long and not _is_one_group(behind, _LIKELY_EXTENSION_MAX))
    return is_marked and _is_one_group(rest, EXTENSION_LENGTH_MAX)


def _is_one_group(digits: str, length_max: int) -> bool:
    return len(digits) <= length_max and " " not in digits


def _begins_with_second_group(reading: PhoneReading, rival: Rival) -> bool:
    """Return whether a number continues after the phone, or begins at the phone's second group and has a possible end.

    A Russian number may end after punctuation or an `x` if the phone leaves out digits before that sign: in
    `781427 42726 51x574`, the phone leaves out 51.
    """
    if _goes_on_behind(reading, rival):
        return True
    is_second = rival.start == reading.start + reading.digits.find(" ") + 1
    if not rival.phone.startswith(RUSSIA):
        is_long = len(rival.phone) >= _LONG_FOREIGN_MIN
        return is_second and (rival.has_prefix or (is_long and rival.end > reading.over))
    has_rest = reading.over < reading.number_end < rival.end
    return is_second and (has_rest or rival.end <= (reading.row_end if rival.is_likely else reading.number_end))


def _ends_with_extension(reading: PhoneReading, rival: Rival) -> bool:
    """Return whether the digits that a foreign phone drops as its extension are the end of a Russian number."""
    is_dropped = not reading.digits.replace(" ", "").endswith(reading.phone[-EXTENSION_LENGTH_MAX:])
    is_between = rival.phone.startswith(RUSSIA) and not reading.phone.startswith(RUSSIA)
    return is_dropped and is_between and rival.end == reading.number_end


def _ends_with_other(reading: PhoneReading, rival: Rival) -> bool:
    """Return whether some digits of a foreign phone may be part of another number."""
    return _takes_in_next(reading, rival) or _ends_with_extension(reading, rival)


def _takes_in_next(reading: PhoneReading, rival: Rival) -> bool:
    """Return whether a foreign phone may be a shorter phone followed by the beginning of the next number.

    An example is `+49 30 123449 - 993 66 140339`. The next number may be followed only by an extension.
    """
    is_marked = rival.has_prefix or len(rival.phone) >= _LONG_FOREIGN_MIN
    rest = reading.digits[rival.end - reading.start :].strip()
    if reading.phone.startswith(RUSSIA) or not is_marked or not _is_one_group(rest, EXTENSION_LENGTH_MAX):
        return False
    before = reading.digits[: max(rival.start - reading.start, 0)].replace(" ", "")
    lengths = range(len(reading.phone) - 1, 0, -1)
    shorter = next((reading.phone[:length] for length in lengths if before.endswith(reading.phone[:length])), "")
    return bool(shorter) and valid_foreign(shorter) == shorter


def _always(_reading: PhoneReading, _rival: Rival) -> bool:
    return True


RIVAL_RULES = (
    RivalRule("+7 920 555-00-55, 0049 30 123456", _has_plus, _ends_with_other, _LONG_FOREIGN_MIN),
    RivalRule("8104 8 (495) 132-65-54", _has_exit_code, _may_follow_exit_code, 8),
    RivalRule("8 (495) 123-45-67, 9205550055", _is_usual_and_undivided, _goes_on_behind, 8),
    RivalRule("8841 978-29-60 (632)", lambda reading: reading.is_usual, _begins_with_second_group, 8),
    RivalRule("39 347 123 4567", _begins_with_country_code, _always, _LONG_FOREIGN_MIN),
    RivalRule("79. 8 857 401-89-80, кв.4 972 50-234-2888", lambda _: True, _always, 8),
)
"""Which numbers that begin inside a phone make it doubtful; the first rule that fits the phone is used.

Ours: the numbers of houses, flats and list items come before phones, as in `д.79 8 (495) 123-45-67`, and must not be
read as the first digits of a phone. A plus, `00`, `8~10`, a 7 or 8 alone, and ten digits in one group show where a
phone begins. So does a country code, but a short rival after it is usually a part of the phone: `95 123 45 67` in
`998 95 123 45 67` could be a phone in Myanmar. If a phone begins with a 7 or 8 alone, a rival counts only if it
continues after the phone by more than an extension: `8-976 370 61 86 60 02` may be order 8-976 and a Lithuanian phone.
"""


def is_doubtful(reading: PhoneReading) -> bool:
    """Return whether a phone's digits may be parts of other numbers; the first of `RIVAL_RULES` that fits it decides.

    A Russian number that begins before the phone and shares digits with it makes every phone doubtful.
    """
    others = reading.others
    if any(rival.start < reading.start for rival in others):
        return True
    rule = next(rule for rule in RIVAL_RULES if rule.fits(reading))
    if any(rule.counts(reading, rival) for rival in others):
        return True
    length_min = rule.foreign_length_min
    return length_min is not None and any(rule.counts(reading, rival) for rival in _foreign(reading, length_min))


def is_alone(digits: str) -> bool:
    """Return whether the digits of a row are too few to contain both a phone and something else."""
    return _ALONE.fullmatch(digits) is not None


def list_rivals(row: Sequence[str]) -> list[Rival]:
    """List the Russian phones, grouped as in `USUAL_GROUPS`, that a row of written numbers may contain.

    They may overlap. A phone without a 7 or 8 that has punctuation inside is listed only if punctuation, or the end of
    the row, follows directly after the phone or after its extension.
    """
    ends = list(accumulate(row, lambda end, number: end + 1 + len(number), initial=-1))
    digits = " ".join(row)
    return [rival for rival in _russian(digits) if _may_end(digits, ends, rival)]


def _may_end(digits: str, ends: Sequence[int], rival: Rival) -> bool:
    last = bisect_left(ends, rival.end)
    behind = digits[rival.end : ends[last]].strip()
    return rival.has_prefix or rival.start > ends[last - 1] or (is_short(behind) and " " not in behind)


def _russian(digits: str) -> Iterator[Rival]:
    for pattern in (_PREFIXED, _LOCAL):
        for found in pattern.finditer(digits):
            national = found["ten"].replace(" ", "")
            if is_assigned_in_russia(national):
                has_prefix = pattern is _PREFIXED
                is_likely = has_prefix or found["ten"].count(" ") == 1
                yield Rival(RUSSIA + national, found.start(), found.end("ten"), has_prefix, is_likely)


def _foreign(reading: PhoneReading, length_min: int) -> Iterator[Rival]:
    """Yield the foreign numbers that begin inside a phone, at one of its later groups.

    Numbers that are only the phone without its prefix or its end are left out. If no digits follow a Russian phone in
    usual groups, nothing is yielded.
    """
    if reading.is_usual and reading.over == reading.number_end:
        return
    national = reading.phone.removeprefix(RUSSIA)
    for found in _FOREIGN_START.finditer(reading.digits):
        if found.start() >= reading.over - reading.start:
            break
        if found["code"] is not None and found["code"] not in country_codes():
            continue
        for number, end in _numbers_from(reading.digits, found.start("code") if found["code"] else found.end()):
            is_own = number in {national, f"8{national}"} or number.startswith(national) or national.startswith(number)
            if len(number) >= length_min and not is_own and valid_foreign(number) == number:
                yield Rival(number, reading.start + found.start(), reading.start + end, found["exit"] is not None)


def _numbers_from(digits: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield the digits of the first group after `start`, of the first two groups and so on, and where they end."""
    number = ""
    while (group := _GROUP.match(digits, start)) is not None and len(number) <= LENGTH_MAX:
        number += group[1]
        start = group.end()
        yield number, start


def is_local_and_digit(written: str) -> bool:
    """Return whether digits may be a Russian number without a prefix, followed by a digit that is not part of it.

    Ours: in `842-11-475-24 1-й`, the 8 belongs to the area code. If it were read as a prefix, the other nine digits and
    the 1 would be another person's number.
    """
    found = _LOCAL_AND_DIGIT.match(written)
    return found is not None and is_assigned_in_russia(found["ten"].replace(" ", ""))


def is_continued(phone: str, following: NumberInText) -> bool:
    """Return whether a foreign phone may be only the beginning of a number that continues in the next number.

    Ours: this is so if its country cannot assign the phone, and a short number follows: `+82 10 2053/0538`.
    """
    is_part = is_short(following.digits) and not following.digits.startswith("+")
    return is_part and not phone.startswith(RUSSIA) and valid_foreign(phone) != phone
