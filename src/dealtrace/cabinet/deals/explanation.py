"""Explain why a deal has its lead: in words, as a chart, and by rule changes that would give it a different lead."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from dealtrace.cabinet.charts.match_windows import DrawnCandidate, drawn_windows, matching_chart
from dealtrace.cabinet.deals.labels import (
    CURED_IN_CRM,
    LEAD_KEPT,
    NO_MATCHER_DECIDED,
    NOBODY_FOUND,
    STATED_ALONE,
    UNSEARCHED,
    VERDICTS,
    WON_BY,
)
from dealtrace.cabinet.deals.matcher_chart import DrawnMatcher, matchers_chart, shown_leads
from dealtrace.cabinet.deals.matchers import MatcherDrawer, MatcherFormatter, MatcherLines, list_matched_leads
from dealtrace.cabinet.deals.rule_changes import OtherOrigins, RuleChangeFormatter, RuleChangeLine
from dealtrace.cabinet.formats import clock_time, span_of_time
from dealtrace.cabinet.labels import lead_name
from dealtrace.cabinet.links import lead_url
from dealtrace.cabinet.view import View
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.explanation import Candidate, Missed, Step
from dealtrace.matching.match_reason import Verdict
from dealtrace.matching.rematch_effect import Match
from dealtrace.operations.matching.explain import Explanation, Naming
from dealtrace.record import record

CANDIDATES_SHOWN = 20
"""The maximum number of candidates listed for a search, nearest first; the chosen one is always among them."""


@record
class CandidateLine:
    """A lead that was considered, as strings."""

    lead: str
    url: str
    began: str
    closes: str
    outcome: str
    is_winner: bool


@record
class StepLines:
    """A search for a deal's lead, for a page: `title` names the search, and `won_by` says why the chosen lead won.

    `candidates` are leads that were considered; `more` is the number of further ones, which are not shown.
    """

    title: str
    candidates: tuple[CandidateLine, ...]
    more: int
    won_by: str


@record
class MatchExplanation:
    """The explanation of a match; `pinnable` has the form value and the name of each lead that can be chosen.

    `chart` may be empty; `undrawn` is the number of considered leads that it leaves out. `flips` are the changes to
    rules that would give the deal a different lead. `names_threshold` is true if one of these changes is to the maximum
    time between a lead and its deal. A deal sent by API 2.0 has `matchers` instead of `steps`. `is_cured_in_crm` is
    true if the deal has no lead because of what the CRM sent.
    """

    verdict: str
    notes: tuple[str, ...]
    chart: Markup
    undrawn: int
    steps: tuple[StepLines, ...]
    matchers: tuple[MatcherLines, ...]
    flips: tuple[RuleChangeLine, ...]
    pinnable: tuple[tuple[str, str], ...]
    names_threshold: bool
    is_cured_in_crm: bool


class ExplanationFormatter:
    """Explains a match in sentences and as a chart, in the language of the page."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._site_id = view.current_site.id
        self._say = view.translate

    def explained(self, explanation: Explanation, others: OtherOrigins, found_at: datetime | None) -> MatchExplanation:
        """Return an explanation as strings.

        `others` has the origins of leads and visits that other rules would find. `found_at` is when the deal's lead or
        visit began, or `None` if the deal has neither.
        """
        changes = RuleChangeFormatter(self._view, explanation.deal, others)
        if explanation.matchers:
            return self._of_matchers(explanation, changes, found_at)
        drawn = [self._drawn(candidate, step) for step in explanation.steps for candidate in step.candidates]
        return MatchExplanation(
            self._say(_verdict(explanation)),
            tuple(self._notes(explanation)),
            self._chart(explanation, drawn),
            len(drawn) - len(drawn_windows(drawn)),
            tuple(self._step(step) for step in explanation.steps),
            (),
            tuple(map(changes.of_rule, explanation.rule_changes)),
            tuple(self._pinnable(explanation)),
            any(flip.threshold_at_least or flip.threshold_at_most for flip in explanation.rule_changes),
            _is_cured_in_crm(explanation),
        )

    def _of_matchers(
        self, explanation: Explanation, changes: RuleChangeFormatter, found_at: datetime | None
    ) -> MatchExplanation:
        drawn = MatcherDrawer(self._view).drawn(explanation.matchers, Match.of(explanation.deal), found_at)
        left_out = sum(len(each.leads) for each in drawn) - sum(map(len, shown_leads(drawn)))
        return MatchExplanation(
            self._say(_verdict(explanation)),
            tuple(self._notes(explanation)),
            self._chart_of_matchers(explanation, drawn),
            left_out,
            (),
            MatcherFormatter(self._view).lines(explanation.matchers),
            tuple(map(changes.of_matcher, explanation.matcher_changes)),
            tuple(self._pinnable(explanation)),
            names_threshold=False,
            is_cured_in_crm=_is_cured_in_crm(explanation),
        )

    def lead_label(self, ref: LeadRef | None) -> str:
        """Return the name of a lead, such as “Call 17”."""
        return lead_name(ref, self._say)

    def _url(self, ref: LeadRef | None) -> str:
        return lead_url(self._site_id, ref) if ref is not None else ""

    def _notes(self, explanation: Explanation) -> Iterator[str]:
        for naming in explanation.namings:
            yield self._naming(naming)
        if explanation.matchers:
            yield from self._notes_on_matchers(explanation)
            return
        contact = explanation.deal.clue.contact
        if contact is None:
            return
        for stated in (contact.phone, contact.email):
            if stated is not None and stated.normal is None:
                yield self._say("“%(text)s” is not a valid phone or e-mail, so no lead can be found by it.") % {
                    "text": stated.as_sent
                }
        if explanation.steps:
            yield self._say(
                "A lead matches if the deal was made after the lead began "
                "and no later than %(threshold)s after the lead ended."
            ) % {"threshold": self._time(contact.link_threshold)}
        if explanation.steps and explanation.verdict in (Verdict.PINNED, Verdict.NAMED):
            yield self._say("Below is what the search by contact would have chosen.")
        if explanation.steps and not explanation.contact_matching:
            yield self._say("Below is what would be found if matching by contact were turned on.")

    def _notes_on_matchers(self, explanation: Explanation) -> Iterator[str]:
        yield self._say(
            "The CRM sent matchers (searches that find the lead); they are tried in order until one of them succeeds."
        )
        if explanation.verdict is Verdict.PINNED:
            yield self._say(
                "Below is what the searches sent by the CRM (matchers) would choose if the lead were not pinned."
            )

    def _naming(self, naming: Naming) -> str:
        kind = self._say("a call" if naming.kind is LeadKind.CALL else "a lead request")
        facts = {"kind": kind, "value": naming.value, "lead": self.lead_label(naming.lead)}
        if naming.lead is None:
            return self._say("The CRM sent the identifier of %(kind)s (%(value)s) that is not in Dealtrace.") % facts
        return self._say("The CRM sent the identifier of %(kind)s (%(value)s): this is %(lead)s.") % facts

    def _time(self, duration: timedelta) -> str:
        return span_of_time(self._view.language, duration)

    def _step(self, step: Step) -> StepLines:
        among = (
            "Calls by contact %(contact)s"
            if step.search.kind is LeadKind.CALL
            else "Lead requests by contact %(contact)s"
        )
        shown = _listed(step)
        return StepLines(
            self._say(among) % {"contact": step.search.contact},
            tuple(self._candidate(candidate, step) for candidate in shown),
            len(step.candidates) - len(shown),
            self._say(WON_BY[step.won_by]) if step.won_by is not None else "",
        )

    def _candidate(self, candidate: Candidate, step: Step) -> CandidateLine:
        zone, language = self._view.current_site.time_zone, self._view.language
        return CandidateLine(
            self.lead_label(candidate.lead),
            self._url(candidate.lead),
            clock_time(language, candidate.window.opens_at, zone),
            clock_time(language, candidate.window.closes_at, zone),
            self._outcome(candidate, is_winner=candidate.lead == step.winner),
            candidate.lead == step.winner,
        )

    def _outcome(self, candidate: Candidate, *, is_winner: bool) -> str:
        facts = {"time": self._time(candidate.missed_by)}
        match candidate.missed_end:
            case Missed.OPENING:
                return self._say("no match: the lead began %(time)s after the deal") % facts
            case Missed.CLOSING:
                return self._say("no match: the allowed time ended %(time)s before the deal") % facts
            case None if is_winner:
                return self._say("chosen: the lead began %(time)s before the deal") % {
                    "time": self._time(candidate.distance)
                }
            case None:
                return self._say("within the allowed time, but another lead is nearer to the deal")

    def _chart(self, explanation: Explanation, drawn: Sequence[DrawnCandidate]) -> Markup:
        if not drawn:
            return Markup("")
        zone, language = self._view.current_site.time_zone, self._view.language
        return matching_chart(
            self._say("The deal and the considered leads on a timeline"),
            self._say("Deal"),
            explanation.deal.happened_at,
            drawn,
            lambda at: clock_time(language, at, zone),
        )

    def _chart_of_matchers(self, explanation: Explanation, drawn: Sequence[DrawnMatcher]) -> Markup:
        if not drawn:
            return Markup("")
        return matchers_chart(
            self._say("The deal, the matchers and the considered leads on a timeline"),
            self._say("Deal"),
            explanation.deal.happened_at,
            drawn,
            self._view.clock_time,
        )

    def _drawn(self, candidate: Candidate, step: Step) -> DrawnCandidate:
        line = self._candidate(candidate, step)
        title = f"{line.lead}, {line.began} – {line.closes}: {line.outcome}"
        return DrawnCandidate(candidate, line.lead, title, line.is_winner)

    def _pinnable(self, explanation: Explanation) -> Iterator[tuple[str, str]]:
        """Yield the form value and the name of each lead that a person may choose, each lead once."""
        refs = [naming.lead for naming in explanation.namings]
        refs += [candidate.lead for step in explanation.steps for candidate in _listed(step)]
        refs += list_matched_leads(explanation.matchers)
        for ref in dict.fromkeys(ref for ref in refs if ref is not None):
            yield f"{ref.kind.value}:{ref.id}", self.lead_label(ref)


def _is_cured_in_crm(explanation: Explanation) -> bool:
    deal = explanation.deal
    has_origin = deal.lead is not None or deal.visit_id is not None or deal.stated_source is not None
    return not has_origin and explanation.reason in CURED_IN_CRM


def _verdict(explanation: Explanation) -> str:
    """Return the reason why a deal has its lead, or has no lead, as an English sentence.

    The sentence refers only to what the page shows below it.
    """
    deal, verdict = explanation.deal, explanation.verdict
    if deal.lead is None and deal.visit_id is None and explanation.reason in UNSEARCHED:
        return UNSEARCHED[explanation.reason]
    if verdict is Verdict.NO_CLUE and deal.stated_source is not None:
        return STATED_ALONE
    if verdict is Verdict.NONE_FITS and explanation.matchers:
        return NO_MATCHER_DECIDED if deal.lead is None and deal.visit_id is None else LEAD_KEPT
    if verdict is Verdict.NONE_FITS and not any(step.candidates for step in explanation.steps):
        return NOBODY_FOUND
    return VERDICTS[verdict]


def _listed(step: Step) -> Sequence[Candidate]:
    nearest = step.candidates[:CANDIDATES_SHOWN]
    others = (candidate for candidate in step.candidates[CANDIDATES_SHOWN:] if candidate.lead == step.winner)
    return (*nearest, *others)
