"""How a change of the rules would affect the deals of the last 28 days, as strings."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from dealtrace import clock
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.attribution.credit import WHOLE
from dealtrace.cabinet.formats import NOTHING, money, number
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.operations.reports.trial import read_trial
from dealtrace.operations.reports.try_rules import Tried, try_rules
from dealtrace.record import record
from dealtrace.reports.what_if import MatchCount

DAYS = 28
DEALS_MAX = 10_000
"""The most deals that are tried, which takes a few seconds; `dealtrace try` has no limit."""
MOVES_SHOWN = 10
TRIED_AS = {"contact_matching": "contact_matching", "attribution": "model"}
"""The settings that can be tried, each with its name in `dealtrace try`."""


@record
class Move:
    """The deals that would move from one source to another: their number and the sum of their amounts, as strings."""

    source: str
    target: str
    deals: str
    amount: str


@record
class Forecast:
    """The effect of changed settings: match rates before and after, and how many deals change their lead or source.

    Only `tried` of `total` deals were tried. `kept` is how many keep a lead that the new rules would not find. `moves`
    are the deals that would move from one source to another; `without_rate` of them move without money, as their
    currencies have no rate. `needs_match` is true if past deals change only when they
    are rematched.
    """

    before: str
    after: str
    with_lead_before: int
    with_lead_after: int
    flipped: int
    moved: int
    kept: int
    without_rate: int
    tried: int
    total: int
    needs_match: bool
    moves: tuple[Move, ...]


async def forecast(view: View, changes: Mapping[str, str]) -> Forecast:
    """Return the effect of changed settings on the deals of the last 28 days of the site.

    Raises:
        InvalidSetting: a value is invalid.
    """
    trial = read_trial([(TRIED_AS[key], text) for key, text in changes.items() if key in TRIED_AS])
    last_on = site_day(clock.now(), view.current_site.time_zone)
    since = day_start(last_on - timedelta(days=DAYS - 1), view.current_site.time_zone)
    until = day_end(last_on, view.current_site.time_zone)
    tried = await view.read(try_rules, view.current_site, trial, since, until, deals_max=DEALS_MAX)
    return _in_words(tried, view.language, view.translate("(no source)"), needs_match=trial.matches_again)


def _in_words(tried: Tried, language: Language, no_source: str, *, needs_match: bool) -> Forecast:
    tally = tried.tally

    def source(parts: tuple[str | None, str | None]) -> str:
        return " / ".join(part for part in parts if part is not None) or no_source

    moves = [
        Move(
            source(tally.spelling_of(pair[0])),
            source(tally.spelling_of(pair[1])),
            number(language, Fraction(moved.deals, WHOLE), 0 if moved.deals % WHOLE == 0 else 2),
            money(language, Fraction(moved.kopecks, 100)),
        )
        for pair, moved in tally.moves_in_order()[:MOVES_SHOWN]
    ]
    return Forecast(
        before=_rate(tally.before, tally.deals, language),
        after=_rate(tally.after, tally.deals, language),
        with_lead_before=tally.before.with_lead,
        with_lead_after=tally.after.with_lead,
        flipped=tally.flipped,
        moved=tally.moved,
        kept=tally.kept,
        without_rate=tally.without_rate,
        tried=tally.deals,
        total=max(tried.total, tally.deals),
        needs_match=needs_match,
        moves=tuple(moves),
    )


def _rate(count: MatchCount, deals: int, language: Language) -> str:
    return f"{number(language, Fraction(count.attributed * 100, deals), 1)}\u00a0%" if deals else NOTHING
