"""Incidents of a trial: raised once, ended once."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from dealtrace.alerts.incident import figure_text, trial_incidents
from dealtrace.alerts.judgement import AlertVerdict, Judgement
from dealtrace.alerts.windows import WINDOWS, Slot
from dealtrace.reports.metrics import METRICS

VERDICTS = {"q": AlertVerdict.QUIET, "r": AlertVerdict.RAISED, "u": AlertVerdict.UNDECIDED}


def episodes(verdicts: str) -> list[tuple[int, int | None]]:
    """Return the places of windows that raise and end incidents."""
    first = date(2026, 11, 1)
    judged = [
        (Slot(WINDOWS["day"], first + timedelta(days=place)), Judgement(VERDICTS[sign], None, None))
        for place, sign in enumerate(verdicts)
    ]
    return [
        ((each.slot.last_on - first).days, (each.ended.last_on - first).days if each.ended is not None else None)
        for each in trial_incidents(judged)
    ]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ("", []),
        ("quq", []),
        ("qrrrq", [(1, 4)]),
        ("ruuq", [(0, 3)]),
        ("rqrq", [(0, 1), (2, 3)]),
        ("qrr", [(1, None)]),
        ("ur", [(1, None)]),
    ],
)
def test_an_incident_lasts_until_a_figure_is_as_usual(verdicts: str, expected: list[tuple[int, int | None]]) -> None:
    assert episodes(verdicts) == expected


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("deals", Fraction(7), "7"),
        ("amount", Fraction(10001, 10), "1000.10"),
        ("match_rate", Fraction(1, 3), "0.333333"),
        ("deals", None, None),
    ],
)
def test_a_figure_is_kept_as_answers_write_it(metric: str, value: Fraction | None, text: str | None) -> None:
    assert figure_text(METRICS[metric], value) == text
