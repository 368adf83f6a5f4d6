"""Reasons in reports and verdicts in explanations say the same."""

from collections.abc import Iterable

import pytest

from dealtrace.matching.match_reason import UNMATCHED_REASONS, MatchReason, Verdict, verdict_of

OF_A_LEAD = {
    Verdict.PINNED: {MatchReason.PINNED, MatchReason.PINNED_TO_NONE},
    Verdict.NAMED: {
        MatchReason.CALL_ID,
        MatchReason.CALL_REFERENCE,
        MatchReason.REQUEST_ID,
        MatchReason.REQUEST_NUMBER,
    },
    Verdict.MATCHER: {MatchReason.MATCHER},
    Verdict.CONTACT: {MatchReason.PHONE, MatchReason.EMAIL},
    Verdict.NO_CLUE: {MatchReason.NOTHING_SENT},
    Verdict.SWITCHED_OFF: {MatchReason.MATCHING_OFF},
    Verdict.NONE_FITS: {MatchReason.LEAD_UNKNOWN, MatchReason.CONTACT_UNUSABLE, MatchReason.NO_LEAD_NEAR},
}


@pytest.mark.parametrize(("verdict", "reasons"), OF_A_LEAD.items(), ids=list(OF_A_LEAD))
def test_each_reason_comes_to_a_verdict(verdict: Verdict, reasons: Iterable[MatchReason]) -> None:
    assert {verdict_of(reason, contact_matching=True) for reason in reasons} == {verdict}
    kept = Verdict.KEPT if verdict is Verdict.CONTACT else verdict
    assert {verdict_of(reason, contact_matching=False) for reason in reasons} == {kept}


def test_every_reason_has_one_but_a_stated_source() -> None:
    known = {reason for reasons in OF_A_LEAD.values() for reason in reasons}
    assert known == set(MatchReason) - {MatchReason.STATED_SOURCE}
    assert known >= set(UNMATCHED_REASONS)
