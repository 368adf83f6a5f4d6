"""Rows of large reports on disk: the same rows in the same order, in memory that does not grow with them."""

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.files.reports.report_file import write_report
from dealtrace.reports.answer import Report, Sorting, build_report
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import COST, DEALS, METRICS
from dealtrace.reports.periods import compared_period
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.rows import gathered
from dealtrace.reports.rows.gathered import Gathered, GatheredRows
from dealtrace.storage.reports.rows_on_disk import FetchedOnDisk, RowsOnDisk, keep_rows, sort_rows

MODEL = AttributionModel.LAST_INTERACTION
KNOWN = QuestionContext(date(2026, 11, 26), MODEL, ["note"], rows_max=None)
FEW, MANY, IN_MEMORY = 2_000, 8_000, 500
KEY = st.none() | st.text(max_size=3) | st.integers(-(2**70), 2**70)


def spelled(_dimension: Dimension, key: object) -> str | None:
    return None if key is None else f"Note {key}"


def notes(count: int, number: int) -> Iterator[tuple[str | None, int]]:
    """Yield a row for each of many notes in no order, and one without a note."""
    yield None, number
    for place in range(count):
        yield f"{place * 7919 % count:07}" * 3, (place % 97) * WHOLE + number


def report_of(count: int, in_memory: int, **asked: str) -> Report:
    """Return a report of this many rows, which are of two facts and, if compared, of two periods."""
    question = parse_question(RawQuestion(by="field:note", metrics="deals,cost", **asked), KNOWN)
    formulas = {metric: METRICS[metric.name].formula for metric in question.metrics}

    def side(measured: int) -> dict[AttributionModel, Gathered]:
        rows = GatheredRows(1)
        rows.add((DEALS,), keep_rows(notes(measured, 1), in_memory))
        rows.add((COST,), keep_rows(notes(measured // 2, 5), in_memory))
        return {MODEL: Gathered(rows, {DEALS: WHOLE, COST: 1})}

    period = compared_period(question.period, question.comparison) if question.comparison else None
    compared = side(count // 4) if question.comparison else None
    sorting = Sorting(MODEL, partial(sort_rows, in_memory=in_memory))
    return build_report(
        question, formulas, side(count), compared=compared, compared_period=period, spell=spelled, sorting=sorting
    )


@pytest.mark.parametrize(
    ("sort", "compare"),
    [
        *((sort, compare) for sort in ("", "-deals", "cost", "field:note", "-field:note") for compare in ("", "year")),
        ("change:deals", "year"),
        ("-change:deals", "year"),
    ],
)
@pytest.mark.parametrize("limit", ["", "9", "400"])
def test_a_report_on_disk_is_that_in_memory(
    monkeypatch: pytest.MonkeyPatch, sort: str, compare: str, limit: str
) -> None:
    monkeypatch.setattr(gathered, "KEYS_REMEMBERED_MAX", 300)
    on_disk, in_memory = (report_of(700, most, sort=sort, compare=compare, limit=limit) for most in (50, 10_000))
    assert list(on_disk.rows) == list(in_memory.rows)
    assert on_disk.rows_total == in_memory.rows_total == 701
    assert len(on_disk.rows) == int(limit or 701)
    assert list(on_disk.rows[5:8]) == list(in_memory.rows[5:8])


@given(rows=st.lists(st.tuples(KEY, KEY, st.integers())), in_memory=st.integers(1, 9))
def test_kept_rows_are_found_by_place_and_by_keys(rows: list[tuple[Any, ...]], in_memory: int) -> None:
    kept = keep_rows(rows, in_memory)
    assert isinstance(kept, RowsOnDisk) is (len(rows) > in_memory)
    assert (list(kept), len(kept), list(kept[1:3])) == (rows, len(rows), rows[1:3])
    different = {row[:2]: row for row in rows}
    found = FetchedOnDisk(different.values()).by_keys(2)
    assert dict(found) == different
    assert ("no such", "key") not in found


@given(
    ranks=st.lists(st.fractions(0, 3, max_denominator=3), max_size=40),
    limit=st.none() | st.integers(1, 50),
    in_memory=st.integers(1, 9),
)
def test_rows_of_equal_rank_keep_their_order_wherever_they_are_sorted(
    ranks: list[Fraction], limit: int | None, in_memory: int
) -> None:
    rows = list(enumerate(ranks))
    ordered, count = sort_rows(rows, lambda row: row[1], limit, in_memory)
    assert list(ordered) == sorted(rows, key=lambda row: row[1])[:limit]
    assert count == len(rows)


def peak_of(count: int, file: Path) -> int:
    """Return the bytes of memory that a report of this many rows takes at most until it is a file."""
    tracemalloc.start()
    try:
        write_report(file, report_of(count, IN_MEMORY))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_file_of_four_times_as_many_rows_takes_no_more_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, extension: str
) -> None:
    monkeypatch.setattr(gathered, "KEYS_REMEMBERED_MAX", IN_MEMORY)
    few, many = (peak_of(count, tmp_path / f"{count}.{extension}") for count in (FEW, MANY))
    assert many < few * 2, f"{few} bytes for {FEW} rows, {many} for {MANY}"


def peak_of_sorting(count: int) -> int:
    """Return the bytes of memory that sorting this many rows takes at most, in parts of `FEW`."""
    tracemalloc.start()
    try:
        sort_rows(
            ((number * 7919 % count,) for number in range(count)), lambda row: (f"{row[0]:0100}", *row), None, FEW
        )
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_only_one_part_is_in_memory_while_rows_are_sorted() -> None:
    """`sorted` needs the rows of a part once, with their ranks; the part before it must be gone by then."""
    single, several = peak_of_sorting(FEW), peak_of_sorting(4 * FEW)
    assert several < single * 1.5, f"{single} bytes for one part, {several} for four"


LONG_ROWS = """
from dealtrace.reports.refusals import ReportNotKept
from dealtrace.storage.reports.rows_on_disk import FetchedOnDisk, keep_rows
try:
    FetchedOnDisk((f"{number:020}", number) for number in range(60_000)).by_keys(1)
except ReportNotKept as refusal:
    print(refusal.facts["cause"])
try:
    keep_rows(((f"{number:0100}", number) for number in range(60_000)), in_memory=500)
except ReportNotKept as refusal:
    print(refusal.facts["cause"])
"""


def test_a_full_disk_refuses_the_report(small_disk: Path) -> None:
    """SQLite notes the folder of its temporary files when it starts, hence the process."""
    environment = {**os.environ, "TMPDIR": str(small_disk)}
    done = subprocess.run(
        [sys.executable, "-c", LONG_ROWS], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["database or disk is full", "No space left on device"]
