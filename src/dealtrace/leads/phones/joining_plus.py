"""Remove the plus from a number if it only joins two numbers, as in `9205550055 + 4951234567`."""

from dataclasses import replace
from itertools import accumulate

from dealtrace.leads.phones.numbering_plans import (
    CODE_LENGTH_MAX,
    RUSSIAN_LENGTH,
    is_assigned_in_russia,
    is_foreign_in_groups,
    is_short,
    valid_foreign,
)
from dealtrace.leads.phones.surrounding_text import NumberInText

_TRUNK, _VIETNAM = "8", "84"


def without_joining_plus(number: NumberInText) -> NumberInText:
    """Return a number without its plus if the plus only joins it to the previous number.

    Ours: a plus between two numbers only joins them if it is followed by groups with ten digits that Russia can assign,
    with or without an 8 before them. There are two exceptions:

    - The plus belongs to its number if all digits, or all but a short last group, are a foreign number of more than ten
      digits whose country code is the first group.
    - The number is unusable if all digits, or those of the first groups, are a foreign number in another way, since it
      is unclear which number is meant.
    """
    digits = number.digits.removeprefix("+").strip()
    beginnings = list(accumulate(digits.split()))
    if not number.is_added or digits.startswith(f"{_TRUNK} ") or not any(map(_is_national, beginnings)):
        return number
    without_end, _, end = digits.rpartition(" ")
    if _has_own_plus(digits) or (is_short(end) and _has_own_plus(without_end)):
        return number
    may_be_foreign = any(
        valid_foreign(beginning) == beginning for beginning in beginnings if len(beginning) >= RUSSIAN_LENGTH
    )
    return replace(number, digits=digits, is_damaged=number.is_damaged or may_be_foreign)


def _has_own_plus(digits: str) -> bool:
    """Return whether digits are a foreign number whose first group is its country code, and not a Russian number."""
    whole = digits.replace(" ", "")
    is_russian = whole.startswith(_TRUNK) and (not whole.startswith(_VIETNAM) or _is_national(whole))
    has_code = len(digits.partition(" ")[0]) <= CODE_LENGTH_MAX and is_foreign_in_groups(digits)
    return len(whole) > RUSSIAN_LENGTH and has_code and not is_russian and valid_foreign(whole) == whole


def _is_national(digits: str) -> bool:
    """Return whether digits are a Russian number without a prefix, or with an 8 before it."""
    ten = digits.removeprefix(_TRUNK) if len(digits) > RUSSIAN_LENGTH else digits
    return len(ten) == RUSSIAN_LENGTH and is_assigned_in_russia(ten)
