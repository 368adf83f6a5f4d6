"""Measure reports by every dimension and by every pair of them: the slowest decide whether the aim is met."""

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from dealtrace.reports.dimensions import DIMENSIONS, Dimension, field_dimension
from dealtrace.reports.facts import Fact

FIELD = "branch"
"""The custom field that stands for all others."""
SLOWEST = 10
"""How many of the slowest reports are printed."""
ROUNDS = 3
"""How often a report is repeated if it took longer than the aim at first."""
_METRICS = {Fact.DEALS: "deals,amount,won", Fact.LEADS: "leads", Fact.VISITS: "visits", Fact.COSTS: "cost"}


class Spent(NamedTuple):
    """The milliseconds that a report took, and those of CPU of this process, DuckDB's threads included."""

    wall: float
    cpu: float


def list_groupings() -> Iterator[dict[str, str]]:
    """Yield the words of a question for each dimension, then for each pair of two.

    It has metrics of all facts that have these dimensions: by `source`, those of visits, leads, deals and costs.
    """
    every = (*DIMENSIONS.values(), field_dimension(FIELD))
    for by in (*((each,) for each in every), *combinations(every, 2)):
        yield {"by": ",".join(each.name for each in by), "metrics": _metrics_of(by)}


def _metrics_of(by: tuple[Dimension, ...]) -> str:
    return ",".join(metrics for fact, metrics in _METRICS.items() if all(fact in each.facts for each in by))


def measure_groupings(ask: Callable[[dict[str, str]], None], limit_ms: int) -> None:
    """Print how many reports take at most `limit_ms`, and the slowest of them with their wall and CPU time.

    A report that takes longer at first is asked twice more, and its medians count.
    """
    spent = {raw["by"]: _measure(ask, raw, limit_ms) for raw in list_groupings()}
    for count, name in ((1, "dimensions"), (2, "pairs of dimensions")):
        _report(name, {by: each for by, each in spent.items() if by.count(",") == count - 1}, limit_ms)


def _measure(ask: Callable[[dict[str, str]], None], raw: dict[str, str], limit_ms: int) -> Spent:
    found = [_spend(ask, raw)]
    while found[0].wall > limit_ms and len(found) < ROUNDS:
        found.append(_spend(ask, raw))
    middle = len(found) // 2
    return Spent(sorted(each.wall for each in found)[middle], sorted(each.cpu for each in found)[middle])


def _spend(ask: Callable[[dict[str, str]], None], raw: dict[str, str]) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    ask(raw)
    return Spent((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def _report(name: str, spent: Mapping[str, Spent], limit_ms: int) -> None:
    within, of_cpu = (sum(each[part] <= limit_ms for each in spent.values()) for part in (0, 1))
    print(f"{len(spent)} {name}: {within} within {limit_ms} ms, {of_cpu} within {limit_ms} ms of CPU")
    for by, each in sorted(spent.items(), key=lambda found: -found[1].cpu)[:SLOWEST]:
        print(f"{by:36} {each.wall:9.0f} ms, CPU {each.cpu:9.0f} ms", flush=True)
