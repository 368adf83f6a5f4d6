"""A call, from its start to its end, and as its exchange tells of it again and again."""

from dataclasses import fields
from datetime import timedelta

import pytest

from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, CallId, CallReport, Circumstances, IncomingCall, new_call, updated_call
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
