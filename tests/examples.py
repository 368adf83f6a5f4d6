"""How many examples, variants and cases are tried: all in `make torture`, otherwise fewer.

Random examples, and cases that are drawn, are new ones in each run. Variants of slow tests are the same in each run.

What is drawn without chance (`derandomize`) is drawn whole, since later runs would add nothing.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from random import sample
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import settings

Case = TypeVar("Case")

ALL, FEW = "all examples", "few examples"
SHARE_PERCENT = 25

settings.register_profile(ALL, deadline=None)
_BY_DEFAULT = settings.get_profile(ALL).max_examples
settings.register_profile(FEW, deadline=None, derandomize=False, max_examples=_BY_DEFAULT * SHARE_PERCENT // 100)


def examples(number: int) -> int:
    """Return how many of a number of examples this run tries, at least one."""
    return max(1, number * settings.default.max_examples // _BY_DEFAULT)


def drawn(cases: Iterable[Case]) -> Sequence[Case]:
    """Return as large a share of cases as of examples, at least one, drawn by chance."""
    every = list(cases)
    return sample(every, examples(len(every)))


def in_turn(*factors: Sequence[object], rounds: int = 1) -> list[ParameterSet]:
    """List all combinations of the values of factors, of which `make test` runs few and `make torture` the others.

    In the first round the values of each factor take turns until every value of every factor has been tried. In each
    further round every value meets the next one of each other factor.
    """
    longest = max(map(len, factors))
    kept = {
        tuple((turn + further * place) % len(values) for place, values in enumerate(factors))
        for further in range(rounds)
        for turn in range(longest)
    }
    return [
        pytest.param(
            *(values[place] for values, place in zip(factors, places, strict=True)),
            marks=() if places in kept else pytest.mark.torture,
        )
        for places in product(*(range(len(values)) for values in factors))
    ]


def list_left_to_torture(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the variants of the tests marked with `few` that are beyond the number of the mark."""
    variants = defaultdict[tuple[str, int], list[pytest.Item]](list)
    for item in items:
        mark = item.get_closest_marker("few")
        if mark is not None and item.get_closest_marker("torture") is None:
            variants[item.nodeid.partition("[")[0], mark.args[0]].append(item)
    return [
        item
        for (_, number), same in variants.items()
        for item in sorted(same, key=lambda each: zlib.crc32(each.nodeid.encode()))[number:]
    ]
