"""Visitors are counted by bitmaps where all of a report's are known to be small."""

import pytest

from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.storage.reports.mirror.visitors import VisitKeys

KEYS = {"SOURCE": 100, "city": 90, "day": 400, "device": 3, "landing_page": 5_000, "month": 14}
MILLION = VisitKeys(1_000_000, tuple(KEYS.items()))


@pytest.mark.parametrize(
    ("by", "fits"),
    [
        ("", True),
        ("city", True),
        ("city,device", True),
        ("source", True),
        ("month,device", True),
        ("hour", True),
        ("weekday", True),
        ("hour,device", True),
        ("hour,weekday", False),
        ("hour,city", False),
        ("landing_page", False),
        ("day", False),
        ("week", False),
        ("city,month", False),
    ],
)
def test_bitmaps_are_chosen_where_those_of_all_rows_are_small(by: str, fits: bool) -> None:
    assert MILLION.fit([DIMENSIONS[name] for name in by.split(",") if name]) is fits


def test_a_dimension_that_no_visit_has_a_key_of_has_one_row() -> None:
    assert VisitKeys(1_000_000, ()).fit([DIMENSIONS["os"], DIMENSIONS["campaign"]])


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("", 1),
        ("source", 101),
        ("source,medium,campaign", 101),
        ("day", 801),
        ("hour,source", 24 * 101),
        ("day,source", 801 * 101),
        ("city", None),
        ("source,manager", None),
    ],
)
def test_the_rows_of_sources_and_times_are_bounded(by: str, rows: int | None) -> None:
    assert MILLION.rows_max([DIMENSIONS[name] for name in by.split(",") if name]) == rows
