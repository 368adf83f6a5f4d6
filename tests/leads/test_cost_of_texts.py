"""Reading hostile texts takes time in proportion to their length, whatever pattern they were made against."""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from time import thread_time
from types import ModuleType
from typing import Any

import pytest

from dealtrace.accounts.request_masking import masked_text
from dealtrace.leads.phones.surrounding_text import list_numbers
from dealtrace.plain_text import folded, is_blank, plain, stripped, unescape, visible

SHORT, LONG = 500, 5_000
COST_RATIO_MAX = 30
"""Ten times the text may cost thirty times as much, since short measurements vary; quadratic cost is a hundred."""
LEAST_SECONDS = 0.00005
"""What is measured as less than this counts as this much: the clock and the call alone take so long."""
MODULES = tuple(
    import_module(name)
    for name in (
        "dealtrace.accounts.request_masking",
        "dealtrace.leads.email",
        "dealtrace.leads.phones.normal_form",
        "dealtrace.leads.phones.fillers",
        "dealtrace.leads.phones.numbering_plans",
        "dealtrace.leads.phones.surrounding_text",
        "dealtrace.plain_text",
        "dealtrace.leads.phones.ambiguous_digits",
        "dealtrace.leads.search_field",
        "dealtrace.dates_and_times",
    )
)
HEADS = ("", "1", "a", "+7")
PARTS = (
    "sip:", "sips:a", "1", "1 ", "1(", "a", "a@", "@", " @", "a.", "a-", ".", "1,", "1.", "%2", "%25", "&#1", "&a",
    "доб", "O", "5a", "-", " ", "\n", "1E", "(", "?", "*", "_", "/", " / ", "mailto:", "почта ", "01.", "10:", "12.12.",
    "т", "\u00ad",
)  # fmt: skip
READERS: dict[str, Callable[[str], object]] = {
    reader.__name__: reader
    for reader in (list_numbers, masked_text, folded, is_blank, plain, stripped, unescape, visible)
}


def patterns_of(module: ModuleType) -> Iterator[re.Pattern[str]]:
    for value in vars(module).values():
        yield from _patterns_in(value)
        if isinstance(value, tuple):
            for item in value:
                yield from _patterns_in(item)


def _patterns_in(value: Any) -> Iterator[re.Pattern[str]]:
    """Yield a pattern, and the patterns of a record of this project, such as a wrapping or a clock."""
    if isinstance(value, re.Pattern):
        yield value
    elif type(value).__module__.startswith("dealtrace."):
        for name in getattr(type(value), "__dataclass_fields__", ()):
            if isinstance(found := getattr(value, name), re.Pattern):
                yield found


PATTERNS = sorted({found for module in MODULES for found in patterns_of(module)}, key=lambda found: found.pattern)


def seconds_of(read: Callable[[str], object], text: str) -> float:
    def seconds() -> float:
        started = thread_time()
        read(text)
        return thread_time() - started

    return max(LEAST_SECONDS, min(seconds() for _ in range(3)))


def dear_texts(read: Callable[[str], object]) -> list[tuple[str, str]]:
    """List the texts, by beginning and repeated part, that cost much more if they are ten times as long."""
    return [
        (head, part)
        for head in HEADS
        for part in PARTS
        if seconds_of(read, head + part * (LONG // len(part)))
        > COST_RATIO_MAX * seconds_of(read, head + part * (SHORT // len(part)))
    ]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.pattern[:40])
def test_a_pattern_is_matched_in_linear_time(pattern: re.Pattern[str]) -> None:
    assert dear_texts(pattern.fullmatch) == []


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_text_is_read_in_linear_time(read: Callable[[str], object]) -> None:
    assert dear_texts(read) == []
