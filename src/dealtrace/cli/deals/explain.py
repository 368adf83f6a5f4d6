"""`dealtrace explain`: explain why a deal has its lead, or has no lead."""

from collections.abc import Iterator, Sequence

from dealtrace.accounts.site import Site
from dealtrace.answers.explanation import serialize_explanation
from dealtrace.cli.deals.field_lines import format_instant
from dealtrace.cli.deals.lookup import DealArgument, format_lead, format_lead_of, look_up_deal
from dealtrace.cli.options import JsonOption, OnlySiteOption
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.leads.lead import KIND_NAMES
from dealtrace.matching.explanation import Candidate, MatcherStep, Missed, Step
from dealtrace.matching.matcher_changes import MINUTE, MatcherChange
from dealtrace.matching.rule_changes import SECOND, RuleChange
from dealtrace.operations.matching.explain import Explanation, explain_deal


def explain(deal: DealArgument, site: OnlySiteOption = None, as_json: JsonOption = False) -> None:
    """Explain why a deal has its lead, or has none.

    All searches are listed, with each lead considered and how far the deal was outside that lead's time window.
    """
    with open_prepared() as database, database.read() as connection:
        owner, found = look_up_deal(connection, deal, site)
        explanation = explain_deal(connection, owner, found)
    if as_json:
        print_json(
            {
                "orderId": explanation.deal.id,
                "orderNumber": explanation.deal.number,
                **serialize_explanation(explanation),
            }
        )
    else:
        for line in _explanation_lines(owner, explanation):
            console.print(line)


def _explanation_lines(site: Site, explanation: Explanation) -> Iterator[str]:
    deal = explanation.deal
    yield f"Deal {deal.id}, number {deal.number}, site {site.id}"
    yield f"Created {format_instant(deal.happened_at, site.time_zone)} ({site.time_zone.key})"
    yield f"Lead: {format_lead_of(deal) if deal.lead is not None else 'none'} ({explanation.verdict})"
    if deal.pinned_at is not None:
        yield f"Pinned by hand on {format_instant(deal.pinned_at, site.time_zone)}."
        yield "The rules would match the deal as follows:"
    for naming in explanation.namings:
        found = f"{KIND_NAMES[naming.kind]} {naming.lead.id}" if naming.lead is not None else "not found"
        yield f"Given: the {KIND_NAMES[naming.kind]} whose {naming.by} is {naming.value}: {found}"
    if explanation.matchers:
        yield from _matcher_lines(explanation.matchers)
        yield from _matcher_flip_lines(site, explanation.matcher_changes)
        return
    if deal.clue.contact is None:
        yield "No phone or e-mail was given."
        return
    if not explanation.contact_matching:
        yield "Contact matching is off for this site."
        yield "With contact matching on, the search would be:"
    for contact in (deal.clue.contact.phone, deal.clue.contact.email):
        if contact is not None and contact.normal is None:
            yield f"  {contact.as_sent} is not a valid phone or e-mail"
            yield "    and matches nothing."
    for step in explanation.steps:
        yield from _step_lines(site, step)
    yield from _flip_lines(site, explanation)


def _matcher_lines(steps: Sequence[MatcherStep]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        kinds = " or ".join(KIND_NAMES[kind] for kind in step.matcher.kinds)
        sought = f" of a {kinds}" if kinds else ""
        yield f"  matcher {number} of {len(steps)}, {step.matcher.way}{sought}: {step.outcome}"
        for candidate in step.candidates:
            missed = ", ".join(candidate.missed_by) or "fits"
            yield f"    {KIND_NAMES[candidate.lead.kind]} {candidate.lead.id}: {missed}"
            yield f"      {candidate.before.total_seconds():.0f} s before the date"


def _matcher_flip_lines(site: Site, flips: Sequence[MatcherChange]) -> Iterator[str]:
    if flips:
        yield "The smallest changes that would give another match:"
    for flip in flips:
        for line in _format_matcher_change(site, flip):
            yield f"  {line}"
        found = flip.found
        yield f"    gives {f'visit {found.visit_id}' if found.visit_id is not None else format_lead(found.lead)}"


def _format_matcher_change(site: Site, flip: MatcherChange) -> Iterator[str]:
    if flip.position is None:
        yield f"matching again: dealtrace match {site.id}"
        return
    yield f"matcher {flip.position + 1}:"
    if flip.depth_at_least is not None:
        yield f"  searchDepth ≥ {flip.depth_at_least // MINUTE:,} min"
    if flip.depth_at_most is not None:
        yield f"  searchDepth ≤ {flip.depth_at_most // MINUTE:,} min"
    for sign, date in (("≥", flip.until_at_least), ("≤", flip.until_at_most)):
        if date is not None:
            yield f"  date {sign} {format_instant(date, site.time_zone)}"
    if flip.without_tags:
        yield "  without tags"
    if flip.preference is not None:
        yield f"  {flip.preference}"
    if flip.kinds is not None:
        yield f"  {' or '.join(f'{KIND_NAMES[kind]}s' for kind in flip.kinds)}"
    if flip.before is not None:
        yield f"  tried before matcher {flip.before + 1}"


def _flip_lines(site: Site, explanation: Explanation) -> Iterator[str]:
    if explanation.rule_changes:
        yield "The smallest changes that would give the deal another lead:"
    for flip in explanation.rule_changes:
        yield f"  {_format_change(site, flip)}"
        yield f"    gives {format_lead(flip.lead)}"


def _format_change(site: Site, flip: RuleChange) -> str:
    changes: list[str] = []
    if flip.contact_matching:
        changes.append("contact matching on")
    if flip.threshold_at_least is not None:
        changes.append(f"linkTimeThreshold ≥ {flip.threshold_at_least // SECOND:,}")
    if flip.threshold_at_most is not None:
        changes.append(f"linkTimeThreshold ≤ {flip.threshold_at_most // SECOND:,}")
    if flip.precedence is not None:
        changes.append(" before ".join(f"{KIND_NAMES[kind]}s" for kind in flip.precedence))
    return " and ".join(changes) or f"matching again: dealtrace match {site.id}"


def _step_lines(site: Site, step: Step) -> Iterator[str]:
    yield f"  {KIND_NAMES[step.search.kind]} by {step.search.contact}:"
    if not step.candidates:
        yield "    none within 30 days"
    for candidate in step.candidates:
        window = candidate.window
        won = f": chosen, {step.won_by}" if candidate.lead == step.winner else ""
        yield f"    {KIND_NAMES[candidate.lead.kind]} {candidate.lead.id}{won}"
        yield f"      {_distance(candidate)}, deal {_position_in_window(candidate)}"
        opens_at, closes_at = (format_instant(at, site.time_zone) for at in (window.opens_at, window.closes_at))
        yield f"      window {opens_at} to {closes_at}"


def _distance(candidate: Candidate) -> str:
    seconds = candidate.distance.total_seconds()
    return f"{abs(seconds):.0f} s {'before' if seconds >= 0 else 'after'} the deal"


def _position_in_window(candidate: Candidate) -> str:
    seconds = abs(candidate.missed_by.total_seconds())
    match candidate.missed_end:
        case Missed.OPENING:
            return f"{seconds:.0f} s before it opens"
        case Missed.CLOSING:
            return f"{seconds:.0f} s after it closed"
        case None:
            return "inside"
