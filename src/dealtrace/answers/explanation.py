"""The JSON of the explanation of why a deal has its lead, for the API, for trial requests and for the command line."""

from datetime import datetime, timedelta
from typing import TypedDict

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.deals.matchers import MatcherKind, Preference
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.explanation import Candidate, MatcherOutcome, MatcherStep, Missed, Step, WonBy
from dealtrace.matching.lead_search import Miss
from dealtrace.matching.match_reason import Verdict
from dealtrace.matching.matcher_changes import MINUTE, MatcherChange
from dealtrace.matching.rule_changes import SECOND, RuleChange
from dealtrace.operations.matching.explain import Explanation, Naming


class CandidateAnswer(TypedDict):
    """A lead that was considered for a deal, in JSON; `opensAt` and `closesAt` are in UTC."""

    lead: LeadRef
    secondsBeforeDeal: float
    opensAt: datetime
    closesAt: datetime
    missedBySeconds: float
    missedEnd: Missed | None


class StepAnswer(TypedDict):
    """A search for one contact among the leads of one kind, in JSON."""

    contact: str
    kind: LeadKind
    winner: LeadRef | None
    wonBy: WonBy | None
    candidates: list[CandidateAnswer]


class FlipAnswer(TypedDict):
    """A change to the matching rules, in JSON, and the lead that the deal would then have; unchanged rules are null."""

    lead: LeadRef | None
    contactMatching: bool | None
    linkTimeThresholdMin: int | None
    linkTimeThresholdMax: int | None
    searchOrder: list[LeadKind] | None


class MatcherCandidateAnswer(TypedDict):
    """A lead that a matcher (a search for a deal's lead, defined by the CRM) considered, in JSON.

    `missedBy` lists the reasons why the lead does not fit, and is empty if it fits.
    """

    lead: LeadRef
    secondsBeforeDate: float
    missedBy: list[Miss]


class MatcherStepAnswer(TypedDict):
    """A matcher of deals 2.0 (a search for a deal's lead, defined by the CRM) and its result, in JSON."""

    way: MatcherKind
    kinds: list[LeadKind]
    outcome: MatcherOutcome
    candidates: list[MatcherCandidateAnswer]


class MatcherFlipAnswer(TypedDict):
    """A change to the matchers of a deal, in JSON, and the lead or visit that the deal would then have.

    `matcher` is the number of the changed matcher, from 1. Depths are in minutes, dates in UTC; unchanged conditions
    are null.
    """

    lead: LeadRef | None
    visitId: int | None
    matcher: int | None
    searchDepthMin: int | None
    searchDepthMax: int | None
    dateMin: datetime | None
    dateMax: datetime | None
    withoutTags: bool | None
    preference: Preference | None
    kinds: list[LeadKind] | None
    beforeMatcher: int | None


class ExplanationAnswer(TypedDict):
    """The explanation of why a deal has its lead, or has no lead, in JSON; times are in UTC."""

    happenedAt: datetime
    deletedAt: datetime | None
    lead: LeadRef | None
    verdict: Verdict
    pinnedAt: datetime | None
    contactMatching: bool
    clue: LeadClue
    namings: tuple[Naming, ...]
    namedLead: LeadRef | None
    steps: list[StepAnswer]
    flips: list[FlipAnswer]
    matchers: list[MatcherStepAnswer]
    matcherFlips: list[MatcherFlipAnswer]
    statedSource: TrafficSource | None
    visitId: int | None


def serialize_explanation(explanation: Explanation) -> ExplanationAnswer:
    """Return an explanation as JSON; times are in UTC, durations in seconds."""
    deal = explanation.deal
    return {
        "happenedAt": deal.happened_at,
        "deletedAt": deal.deleted_at,
        "lead": deal.lead,
        "verdict": explanation.verdict,
        "pinnedAt": deal.pinned_at,
        "contactMatching": explanation.contact_matching,
        "clue": deal.clue,
        "namings": explanation.namings,
        "namedLead": explanation.named,
        "steps": [_serialize_step(step) for step in explanation.steps],
        "flips": [_serialize_flip(flip) for flip in explanation.rule_changes],
        "matchers": [_serialize_matcher(step) for step in explanation.matchers],
        "matcherFlips": [_serialize_matcher_flip(flip) for flip in explanation.matcher_changes],
        "statedSource": deal.stated_source,
        "visitId": deal.visit_id,
    }


def _serialize_matcher(step: MatcherStep) -> MatcherStepAnswer:
    return {
        "way": step.matcher.way,
        "kinds": list(step.matcher.kinds),
        "outcome": step.outcome,
        "candidates": [
            {
                "lead": candidate.lead,
                "secondsBeforeDate": candidate.before.total_seconds(),
                "missedBy": list(candidate.missed_by),
            }
            for candidate in step.candidates
        ],
    }


def _serialize_step(step: Step) -> StepAnswer:
    return {
        "contact": step.search.contact,
        "kind": step.search.kind,
        "winner": step.winner,
        "wonBy": step.won_by,
        "candidates": [_serialize_candidate(candidate) for candidate in step.candidates],
    }


def _serialize_candidate(candidate: Candidate) -> CandidateAnswer:
    return {
        "lead": candidate.lead,
        "secondsBeforeDeal": candidate.distance.total_seconds(),
        "opensAt": candidate.window.opens_at,
        "closesAt": candidate.window.closes_at,
        "missedBySeconds": candidate.missed_by.total_seconds(),
        "missedEnd": candidate.missed_end,
    }


def _serialize_flip(flip: RuleChange) -> FlipAnswer:
    return {
        "lead": flip.lead,
        "contactMatching": flip.contact_matching,
        "linkTimeThresholdMin": _seconds(flip.threshold_at_least),
        "linkTimeThresholdMax": _seconds(flip.threshold_at_most),
        "searchOrder": list(flip.precedence) if flip.precedence is not None else None,
    }


def _serialize_matcher_flip(flip: MatcherChange) -> MatcherFlipAnswer:
    return {
        "lead": flip.found.lead,
        "visitId": flip.found.visit_id,
        "matcher": _number(flip.position),
        "searchDepthMin": _minutes(flip.depth_at_least),
        "searchDepthMax": _minutes(flip.depth_at_most),
        "dateMin": flip.until_at_least,
        "dateMax": flip.until_at_most,
        "withoutTags": flip.without_tags or None,
        "preference": flip.preference,
        "kinds": list(flip.kinds) if flip.kinds is not None else None,
        "beforeMatcher": _number(flip.before),
    }


def _number(position: int | None) -> int | None:
    return position + 1 if position is not None else None


def _minutes(depth: timedelta | None) -> int | None:
    return depth // MINUTE if depth is not None else None


def _seconds(threshold: timedelta | None) -> int | None:
    return threshold // SECOND if threshold is not None else None
