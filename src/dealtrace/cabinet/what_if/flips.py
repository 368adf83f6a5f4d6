"""The deals that would get a different lead or source under other rules, as strings."""

from collections.abc import Sequence
from fractions import Fraction

from dealtrace.attribution.credit import WHOLE
from dealtrace.cabinet.formats import clock_time, money, number
from dealtrace.cabinet.lead_labels import lead_name
from dealtrace.cabinet.view import View
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record
from dealtrace.reports.moves import Shares, spelling_of
from dealtrace.reports.what_if import Outcome

FLIPS_LISTED = 50
"""Ours: the page lists at most this many deals, like the journal of deals; `dealtrace try --json` lists all."""
Spelling = tuple[str | None, str | None]
"""A source and its medium; each is `None` if it is missing."""


@record
class Flip:
    """A deal that would get a different lead or source: its lead and source now, and those under the tried rules.

    The lead or the source may be the same before and after.
    """

    number: str
    url: str
    happened_at: str
    amount: str
    lead_before: str
    lead_after: str
    source_before: str
    source_after: str


def flips_of(view: View, changed: Sequence[Outcome]) -> tuple[Flip, ...]:
    """Return deals with their leads and sources now and under the tried rules."""
    return tuple(_flip(view, outcome) for outcome in changed)


def _flip(view: View, outcome: Outcome) -> Flip:
    deal, site, language = outcome.deal, view.current_site, view.language
    return Flip(
        deal.number,
        f"/cabinet/{site.id}/deals/{deal.id}",
        clock_time(language, deal.happened_at, site.time_zone),
        money(language, deal.amount_rub, deal.currency),
        _lead(view, outcome.before.lead),
        _lead(view, outcome.after.lead),
        _sources(view, outcome.before.shares),
        _sources(view, outcome.after.shares),
    )


def _lead(view: View, ref: LeadRef | None) -> str:
    return lead_name(ref, view.translate)


def _sources(view: View, shares: Shares) -> str:
    return ", ".join(
        spelling_label(view, spelling_of(source))
        + ("" if share == WHOLE else f" {number(view.language, Fraction(share * 100, WHOLE))}\u00a0%")
        for source, share in shares
    )


def spelling_label(view: View, parts: Spelling) -> str:
    """Return a source and its medium, joined by a slash."""
    return " / ".join(part for part in parts if part is not None) or view.translate("(no source)")
