"""A call, from its start to its end, and as its exchange tells of it again and again."""

from dataclasses import fields
from datetime import timedelta

import pytest

from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import (
    NOT_REPORTED,
    Call,
    CallId,
    CallPhase,
    CallReport,
    Circumstances,
    IncomingCall,
    is_answered,
    is_missed,
    is_over,
    new_call,
    phase_of,
    updated_call,
)
from domain_records import NOON

MINUTE = timedelta(minutes=1)
WENT = Circumstances("sip", True, MINUTE, "1", "2", "url", "ats", "model")


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(seconds=1), timedelta(minutes=5), timedelta(hours=13)])
def test_it_ends_when_the_talking_ends(duration: timedelta) -> None:
    assert Call(CallId(1), None, NOON, duration).ended_at == NOON + duration


def test_a_first_report_is_a_call() -> None:
    assert new_call(CallReport("a", NOON)) == IncomingCall(NOON, timedelta(0), "", "a")
    whole = new_call(CallReport("a", NOON, MINUTE, "79", WENT))
    assert whole == IncomingCall(NOON, MINUTE, "79", "a", circumstances=WENT)


def test_what_a_later_report_does_not_tell_stays() -> None:
    known = IncomingCall(NOON, MINUTE, "79", "a", "Иван", circumstances=WENT, annotations=Annotations("Коля"))
    assert updated_call(known, CallReport("a", NOON)) == known


def test_what_a_later_report_states_counts() -> None:
    known = IncomingCall(NOON, MINUTE, "79", "a", "Иван", circumstances=WENT)
    other = Circumstances("s", False, timedelta(0), "3", "4", "u", "b", "m")
    after = updated_call(known, CallReport("a", NOON + MINUTE, timedelta(0), "78", other))
    assert after == IncomingCall(NOON + MINUTE, timedelta(0), "78", "a", "Иван", circumstances=other)


@pytest.mark.parametrize("name", [part.name for part in fields(Circumstances)])
def test_each_circumstance_is_stated_by_itself(name: str) -> None:
    known = new_call(CallReport("a", NOON))
    after = updated_call(known, CallReport("a", NOON, circumstances=Circumstances(**{name: getattr(WENT, name)})))
    assert after.circumstances == Circumstances(**{name: getattr(WENT, name)})


@pytest.mark.parametrize(
    ("circumstances", "seconds", "over"),
    [
        (Circumstances(pbx="asterisk"), 0, False),
        (Circumstances(pbx="asterisk"), 1, True),
        (Circumstances(pbx="asterisk", is_successful=False), 0, True),
        (NOT_REPORTED, 0, True),
    ],
)
def test_a_call_goes_on_while_its_exchange_reported_only_its_beginning(
    circumstances: Circumstances, seconds: int, *, over: bool
) -> None:
    assert is_over(circumstances, timedelta(seconds=seconds)) is over
    assert (phase_of(circumstances, timedelta(seconds=seconds)) is CallPhase.ENDED) is over


@pytest.mark.parametrize(
    ("reported", "seconds", "answered"),
    [(True, 0, True), (False, 60, False), (None, 0, False), (None, 1, True)],
)
def test_a_call_was_answered_if_its_exchange_says_so_and_if_it_says_nothing_when_anybody_talked(
    reported: bool | None, seconds: int, answered: bool
) -> None:
    assert is_answered(Circumstances(is_successful=reported), timedelta(seconds=seconds)) is answered


@pytest.mark.parametrize(
    ("circumstances", "seconds", "missed"),
    [
        (NOT_REPORTED, 0, True),
        (NOT_REPORTED, 1, False),
        (Circumstances(is_successful=False), 60, True),
        (Circumstances(is_successful=True), 0, False),
        (Circumstances(pbx="mango"), 0, False),
        (Circumstances(pbx="mango"), 1, False),
        (Circumstances(pbx="mango", is_successful=False), 0, True),
    ],
)
def test_a_call_was_missed_if_it_has_ended_and_nobody_answered(
    circumstances: Circumstances, seconds: int, *, missed: bool
) -> None:
    assert is_missed(circumstances, timedelta(seconds=seconds)) is missed
