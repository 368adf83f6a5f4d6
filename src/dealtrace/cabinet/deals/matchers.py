"""Explain in words how a deal's matchers (searches for its lead, defined by the CRM) were tried in order."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from dealtrace.cabinet.deals.labels import MISSES, OUTCOMES, PREFERENCES, UNSPECIFIED
from dealtrace.cabinet.deals.matcher_chart import DrawnLead, DrawnMatcher
from dealtrace.cabinet.formats import clock_time, span_of_time
from dealtrace.cabinet.labels import lead_name
from dealtrace.cabinet.links import lead_url, source_label
from dealtrace.cabinet.view import View
from dealtrace.deals.matchers import Matcher, MatcherKind, began_between
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.explanation import MatcherCandidate, MatcherOutcome, MatcherStep
from dealtrace.matching.lead_search import Miss
from dealtrace.matching.rematch_effect import Match
from dealtrace.record import record


@record
class MatcherCandidateLine:
    """A lead that a matcher (a search defined by the CRM) considered, as strings."""

    lead: str
    url: str
    began: str
    outcome: str
    is_winner: bool


@record
class MatcherLines:
    """A matcher as strings: what it searches for, the conditions for a lead, its result, and the leads considered."""

    title: str
    conditions: tuple[str, ...]
    outcome: str
    candidates: tuple[MatcherCandidateLine, ...]
    is_search: bool


class MatcherFormatter:
    """Describes matchers in words, in the language of the page."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._say = view.translate

    def lines(self, steps: Sequence[MatcherStep]) -> tuple[MatcherLines, ...]:
        """Return the matchers of a deal as strings, in the order in which they are tried."""
        return tuple(
            MatcherLines(
                self.title(step.matcher),
                tuple(self.conditions(step.matcher)),
                self._say(OUTCOMES[step.outcome]),
                tuple(self.candidate(candidate, step) for candidate in step.candidates),
                step.matcher.way is MatcherKind.CONTACT and step.outcome is not MatcherOutcome.PASSED_OVER,
            )
            for step in steps
        )

    def title(self, matcher: Matcher) -> str:
        """Return the title of a matcher, such as “Calls by contact 79205550055”."""
        match matcher.way:
            case MatcherKind.ID if matcher.lead_id is not None:
                return self._lead(LeadRef(matcher.kinds[0], matcher.lead_id))
            case MatcherKind.CONTACT:
                contacts = ", ".join(matcher.contacts or matcher.digests)
                return self._say(_among(matcher)) % {"contact": contacts}
            case MatcherKind.VISIT:
                return self._say("Visit %(ids)s") % {"ids": ", ".join(map(str, matcher.visit_ids))}
            case MatcherKind.SOURCE:
                source = source_label(matcher.source) if matcher.source is not None else ""
                return self._say("The source stated by the CRM: %(source)s") % {"source": source}
            case _:
                return self._say(UNSPECIFIED[matcher.way])

    def summary(self, matcher: Matcher) -> str:
        """Return the title of a matcher, with its conditions in brackets."""
        conditions = " ".join(self.conditions(matcher))
        return f"{self.title(matcher)} ({conditions})" if conditions else self.title(matcher)

    def _lead(self, ref: LeadRef) -> str:
        return lead_name(ref, self._say)

    def conditions(self, matcher: Matcher) -> Iterator[str]:
        """Yield the conditions of a matcher for a lead, each as a sentence."""
        if matcher.way is MatcherKind.CONTACT and matcher.until is not None:
            until = self._view.clock_time(matcher.until)
            yield self._say("The lead began no later than %(time)s.") % {"time": until}
            if matcher.depth is not None:
                time = self._time(matcher.depth)
                yield self._say("The lead began no more than %(time)s before the matcher’s date.") % {"time": time}
            yield self._say(PREFERENCES[matcher.preference])
        if matcher.tags:
            sentence = (
                "The lead has at least one of the tags: %(tags)s."
                if matcher.any_tag
                else "The lead has the tags: %(tags)s."
            )
            yield self._say(sentence) % {"tags": ", ".join(matcher.tags)}

    def candidate(self, candidate: MatcherCandidate, step: MatcherStep) -> MatcherCandidateLine:
        """Return a lead that a matcher considered, as strings."""
        is_winner = candidate.lead == step.chosen
        until = step.matcher.until
        began = until - candidate.before if until is not None else None
        zone, language = self._view.current_site.time_zone, self._view.language
        return MatcherCandidateLine(
            self._lead(candidate.lead),
            lead_url(self._view.current_site.id, candidate.lead),
            clock_time(language, began, zone) if began is not None else "",
            "; ".join(self._outcome(candidate, step, is_winner=is_winner)),
            is_winner,
        )

    def _outcome(self, candidate: MatcherCandidate, step: MatcherStep, *, is_winner: bool) -> Iterator[str]:
        facts = {"time": self._time(candidate.before), "excess": ""}
        if step.matcher.depth is not None:
            facts["excess"] = self._time(candidate.before - step.matcher.depth)
        if is_winner:
            yield self._say("chosen: the lead began %(time)s before the matcher’s date") % facts
        elif not candidate.missed_by and step.outcome is MatcherOutcome.DECIDED:
            yield (
                self._say("fits: the lead began %(time)s before the matcher’s date, but another lead is nearer") % facts
            )
        elif not candidate.missed_by:
            yield self._say("fits: the lead began %(time)s before the matcher’s date") % facts
        else:
            yield self._say("no match: %(reasons)s") % {
                "reasons": ", ".join(self._say(MISSES[miss]) % facts for miss in candidate.missed_by)
            }
            if not {Miss.LATER, Miss.DEPTH} & set(candidate.missed_by):
                yield self._say("the lead began %(time)s before the matcher’s date") % facts

    def _time(self, duration: timedelta) -> str:
        return span_of_time(self._view.language, duration)


class MatcherDrawer:
    """Prepares a deal's matchers for their chart, in the language of the page."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._formatter = MatcherFormatter(view)

    def drawn(self, steps: Sequence[MatcherStep], match: Match, found_at: datetime | None) -> list[DrawnMatcher]:
        """Return the matchers that can be drawn on a time axis: searches by contact, and the one that matched by id.

        `match` is the lead or visit of the deal; `found_at` is when it began, or `None` if the deal has neither.
        """
        at = {match: found_at} if found_at is not None else {}
        named = [self._named(place, step, at) for place, step in enumerate(steps, 1)]
        searches = [self._search(place, step) for place, step in enumerate(steps, 1)]
        return [each for pair in zip(named, searches, strict=True) for each in pair if each is not None]

    def _named(self, place: int, step: MatcherStep, at: Mapping[Match, datetime]) -> DrawnMatcher | None:
        """Return a matcher for the chart if it found the deal's lead or visit by id, otherwise `None`."""
        matcher = step.matcher
        named = [Match(visit_id=visit_id) for visit_id in matcher.visit_ids]
        if matcher.way is MatcherKind.ID and matcher.lead_id is not None:
            named = [Match(LeadRef(matcher.kinds[0], matcher.lead_id))]
        found_at = next((at[each] for each in named if each in at), None)
        if step.outcome is not MatcherOutcome.DECIDED or found_at is None:
            return None
        title = self._formatter.title(matcher)
        outcome = f"{title}, {self._view.clock_time(found_at)}: {self._outcome(step)}"
        lead = DrawnLead(found_at, title, outcome, is_winner=True, fits=True)
        return DrawnMatcher(f"{place}. {title}", outcome, found_at, found_at, (lead,))

    def _search(self, place: int, step: MatcherStep) -> DrawnMatcher | None:
        """Return a matcher for the chart if it searches by contact, otherwise `None`."""
        until = step.matcher.until
        if step.matcher.way is not MatcherKind.CONTACT or until is None:
            return None
        since = began_between(step.matcher)[0] if step.matcher.depth is not None else None
        words = " ".join(
            (self._formatter.title(step.matcher), self._outcome(step), *self._formatter.conditions(step.matcher))
        )
        leads = [
            DrawnLead(
                until - candidate.before,
                line.lead,
                f"{line.lead}, {line.began}: {line.outcome}",
                is_winner=line.is_winner,
                fits=not candidate.missed_by,
            )
            for candidate in sorted(step.candidates, key=lambda each: abs(each.before))
            for line in (self._formatter.candidate(candidate, step),)
        ]
        return DrawnMatcher(f"{place}. {self._formatter.title(step.matcher)}", words, since, until, tuple(leads))

    def _outcome(self, step: MatcherStep) -> str:
        return self._view.translate(OUTCOMES[step.outcome])


def list_matched_leads(steps: Sequence[MatcherStep]) -> Iterator[LeadRef]:
    """Yield the leads that a deal's matchers considered or found by id; a lead may be yielded several times."""
    for step in steps:
        matcher = step.matcher
        if matcher.lead_id is not None and step.outcome is MatcherOutcome.DECIDED:
            yield LeadRef(matcher.kinds[0], matcher.lead_id)
        yield from (candidate.lead for candidate in step.candidates)


def _among(matcher: Matcher) -> str:
    """Return the English title of a matcher that searches by contact, with the placeholder `%(contact)s`."""
    if set(matcher.kinds) == {LeadKind.CALL}:
        return "Calls by contact %(contact)s"
    if set(matcher.kinds) == {LeadKind.LEAD_REQUEST}:
        return "Lead requests by contact %(contact)s"
    return "Calls and lead requests by contact %(contact)s"
