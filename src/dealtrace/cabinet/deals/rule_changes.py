"""Explain in words which changes to the rules or to the matchers would give a deal a different lead or visit."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from dealtrace.attribution.origin import UNKNOWN_ORIGIN, LeadVisit, Origin, origin_of_deal
from dealtrace.cabinet.formats import number, rounded_up, span_of_time
from dealtrace.cabinet.labels import lead_name
from dealtrace.cabinet.links import lead_url
from dealtrace.cabinet.view import View
from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.matcher_changes import MINUTE, MatcherChange
from dealtrace.matching.rule_changes import SECOND, RuleChange
from dealtrace.record import record


@record
class RuleChangeLine:
    """The smallest change to a rule or to a matcher that would give the deal a different lead.

    `lead` is the name of that lead, `url` leads to its page, and `source` is the source the deal would have.
    """

    change: str
    lead: str
    url: str
    source: str


@record
class OtherOrigins:
    """The origins of the leads, and the visits, that a deal would have under other rules."""

    leads: Mapping[LeadRef, Origin]
    visits: Mapping[int, LeadVisit]


class RuleChangeFormatter:
    """Describes changes to rules and matchers in words, in the language of the page."""

    def __init__(self, view: View, deal: Deal, others: OtherOrigins) -> None:
        self._view = view
        self._say = view.translate
        self._deal = deal
        self._others = others

    def of_rule(self, flip: RuleChange) -> RuleChangeLine:
        """Return a change to the rules as strings."""
        return self._line("; ".join(self._rule_changes(flip)), flip.lead, None)

    def of_matcher(self, flip: MatcherChange) -> RuleChangeLine:
        """Return a change to a matcher as strings."""
        return self._line(self._matcher_change(flip), flip.found.lead, flip.found.visit_id)

    def _line(self, change: str, lead: LeadRef | None, visit_id: int | None) -> RuleChangeLine:
        origin = self._others.leads.get(lead, UNKNOWN_ORIGIN) if lead is not None else None
        visit = self._others.visits.get(visit_id) if visit_id is not None else None
        name = lead_name(lead, self._say)
        if visit_id is not None:
            name = self._say("Visit %(ids)s") % {"ids": visit_id}
        url = lead_url(self._view.current_site.id, lead) if lead is not None else ""
        return RuleChangeLine(change, name, url, self._source(origin_of_deal(origin, self._deal.stated_source, visit)))

    def _source(self, origin: Origin) -> str:
        """Return the source, medium and campaign of an origin as one string, or “no source” if all are missing."""
        source = origin.source
        parts = [" / ".join(part for part in (source.source, source.medium) if part)]
        if source.campaign:
            parts.append(self._say("campaign %(campaign)s") % {"campaign": source.campaign})
        return ", ".join(part for part in parts if part) or self._say("no source")

    def _rule_changes(self, flip: RuleChange) -> Iterator[str]:
        if flip.contact_matching:
            yield self._say("matching by contact is turned on")
        for threshold, words in (
            (
                flip.threshold_at_least,
                "the time allowed after the end of a lead is at least %(time)s (linkTimeThreshold, %(seconds)s s)",
            ),
            (
                flip.threshold_at_most,
                "the time allowed after the end of a lead is at most %(time)s (linkTimeThreshold, %(seconds)s s)",
            ),
        ):
            if threshold is not None:
                seconds = number(self._view.language, threshold // SECOND)
                shown = threshold if threshold == flip.threshold_at_most else rounded_up(threshold)
                yield self._say(words) % {"time": self._time(shown), "seconds": seconds}
        if flip.precedence is not None:
            is_calls_first = flip.precedence[0] is LeadKind.CALL
            yield self._say("calls are searched first" if is_calls_first else "lead requests are searched before calls")
        if flip == RuleChange(flip.lead):
            yield self._say("the deal is simply matched again")

    def _matcher_change(self, flip: MatcherChange) -> str:
        if flip.position is None:
            return self._say("the deal is simply matched again")
        facts = {"number": flip.position + 1, "changes": "; ".join(self._conditions(flip))}
        return self._say("in matcher %(number)s %(changes)s") % facts

    def _conditions(self, flip: MatcherChange) -> Iterator[str]:
        for depth, words in (
            (flip.depth_at_least, "the search goes back at least %(time)s (searchDepth, %(minutes)s min)"),
            (flip.depth_at_most, "the search goes back at most %(time)s (searchDepth, %(minutes)s min)"),
        ):
            if depth is not None:
                minutes = number(self._view.language, depth // MINUTE)
                yield self._say(words) % {"time": self._time(depth), "minutes": minutes}
        for date, words in (
            (flip.until_at_least, "the date is %(moment)s or later (date)"),
            (flip.until_at_most, "the date is %(moment)s or earlier (date)"),
        ):
            if date is not None:
                yield self._say(words) % {"moment": self._moment(date)}
        if flip.without_tags:
            yield self._say("the lead needs no tags (tags)")
        if flip.preference is not None:
            yield self._say("the nearest lead is chosen, even if it is not unique")
        if flip.kinds is not None:
            yield self._say("both calls and lead requests are searched")
        if flip.before is not None:
            yield self._say("the order changes, so that this matcher is tried before matcher %(before)s") % {
                "before": flip.before + 1
            }

    def _time(self, duration: timedelta) -> str:
        return span_of_time(self._view.language, duration)

    def _moment(self, moment: datetime) -> str:
        """Format a time with its seconds, since a single second may decide which lead matches."""
        return f"{self._view.clock_time(moment)}:{moment.second:02}"
