"""How changed settings would affect the latest days of a site, or days that a person chose, as strings."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.figure_changes import MOVING_SETTINGS
from dealtrace.accounts.setting_effects import FIGURE_TITLES, STATUS_PREFIX, Effect, EffectFigure
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.attribution.credit import WHOLE
from dealtrace.cabinet.change_sentences import change_sentence
from dealtrace.cabinet.formats import NOTHING, day_span, money, number
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import has_changed
from dealtrace.cabinet.what_if.changed_deals import (
    FLIPS_LISTED,
    ChangedDealLine,
    ChangedDealPages,
    Spelling,
    changed_deal_lines,
    changed_deal_pages,
    spelling_label,
)
from dealtrace.cabinet.what_if.days import days_label, last_days
from dealtrace.errors import Language
from dealtrace.operations.what_if.trial import Trial, TriedSettings
from dealtrace.operations.what_if.try_rules import MovedCount, MovedLeads, TrialResult, try_on_leads, try_rules
from dealtrace.operations.what_if.try_settings import TriedDays, list_effects
from dealtrace.record import record
from dealtrace.reports.what_if import MatchCount, Moved

ROWS_MAX = 10_000
"""The maximum number of records of each kind (deals, calls, lead requests, visits) on which changed settings are tried.

Trying settings on that many takes a few seconds. The file of deals that would change has no limit.
"""
MOVES_SHOWN = 10
AGREED_SETTINGS = MOVING_SETTINGS | {"counter", "cors_origins"}
"""The settings that affect figures, and two settings whose change may stop web pages from reaching the server."""


@record
class Move:
    """The deals that would move from one source to another: their number and their total amount, as strings."""

    source: str
    target: str
    deals: str
    amount: str


@record
class DealsForecast:
    """The effect on deals: match rates before and after, and the numbers of deals that change their lead or source.

    - `tried`, `total`: how many deals were tried, and how many there are.
    - `kept`: how many deals keep a lead that the new rules would not find.
    - `moves`: the deals that would move from one source to another, the largest moves first.
    - `moves_left`: the number of moves that are not in `moves`.
    - `without_rate`: how many moved deals are left out of the amounts, since their currencies have no rate.
    - `changed`: how many deals would get a different lead or source.
    - `flips`, `pages`: one page of these deals, and the links to all their pages.
    - `needs_match`: whether past deals change only when they are matched again.
    - `needs_reclassify`: whether past deals change only when visits are reclassified.
    - `needs_contact_matching`: whether the tried rules need matching by contact, which is off on this site.
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
    needs_reclassify: bool
    needs_contact_matching: bool
    moves: tuple[Move, ...]
    moves_left: int
    changed: int
    flips: tuple[ChangedDealLine, ...]
    pages: ChangedDealPages
    leads: MovedCount
    visits: MovedCount


@record
class SettingForecast:
    """The effect of a changed setting: the change, and the effect as a sentence, as figures, and by day.

    `figures` has pairs of title and value; `days` has a row for each day whose figures change.
    """

    title: str
    sentence: str
    figures: tuple[tuple[str, str], ...]
    days: tuple[tuple[str, ...], ...]


@record
class Forecast:
    """The effects of changed settings on some `days`; `deals` is `None` if no rule for deals changes.

    `agreed` is the value that the form sends when the person, having seen this forecast, saves the changes.
    `has_changed` is true if they agreed to other changes before.
    `is_only_tried` is true on the page that tries rules, where changes cannot be saved.
    """

    settings: tuple[SettingForecast, ...]
    deals: DealsForecast | None
    days: str
    agreed: str = ""
    has_changed: bool = False
    is_only_tried: bool = False


def agreement_of(changes: Mapping[str, str]) -> str:
    """Return a string that lists the changes to `AGREED_SETTINGS`, or an empty string if there are none.

    Such changes are saved only after the person has seen their effect.
    """
    return " ".join(f"{key}={text}" for key, text in changes.items() if key in AGREED_SETTINGS)


async def forecast(
    view: View, tried: TriedSettings, agreed: str = "", *, days: TriedDays | None = None, page: int = 1
) -> Forecast:
    """Return the effect of changed settings on some days of the site: `days`, or the last days that the form chooses.

    `page` is the page of the list of deals that would change. Only the page that tries rules passes `days`.

    Raises:
        InvalidSetting: a value is invalid.
        NameTaken: another site has the counter code.
    """
    now = clock.now()
    on = days or last_days(view, view.current_site, now)
    effects, deals, leads = await view.read(_try, view.current_site, tried, on, now, page)
    deals_forecast = None
    if tried.trial is not None and deals is not None and leads is not None:
        pages = changed_deal_pages(view.current_site.id, tried.trial, on, page, deals.tally.changed)
        deals_forecast = _deals_forecast(view, tried.trial, deals, leads, pages)
    settings = tuple(_setting_forecast(view, effect, now) for effect in effects)
    return Forecast(
        settings,
        deals_forecast,
        days_label(on, view.language),
        agreed,
        has_changed=has_changed(view, agreed),
        is_only_tried=days is not None,
    )


def _try(
    connection: Connection, site: Site, tried: TriedSettings, days: TriedDays, now: datetime, page: int
) -> tuple[list[Effect], TrialResult | None, MovedLeads | None]:
    effects = list_effects(connection, site, tried, days, now)
    if tried.trial is None:
        return effects, None, None
    listed = range((page - 1) * FLIPS_LISTED, page * FLIPS_LISTED)
    deals = try_rules(connection, site, tried.trial, days.since, days.until, deals_max=ROWS_MAX, listed=listed)
    leads = try_on_leads(connection, site, tried.trial, days.since, days.until, rows_max=ROWS_MAX)
    return effects, deals, leads


def _setting_forecast(view: View, effect: Effect, now: datetime) -> SettingForecast:
    is_status, name = effect.key.startswith(STATUS_PREFIX), effect.key.removeprefix(STATUS_PREFIX)
    kind = ChangeKind.STATUS if is_status else ChangeKind.SETTING
    change = SiteChange(kind, name, effect.before, effect.after, now)
    language = view.language

    def value(figure: EffectFigure, amount: int | None) -> str:
        return kopecks_text(view, amount) if figure.is_money or amount is None else number(language, amount)

    return SettingForecast(
        change_sentence(change, language, view.translate, {}),
        effect.sentence(language),
        tuple(
            (
                FIGURE_TITLES[figure.name][language],
                (f"{value(figure, figure.before)} → " if figure.has_before else "") + value(figure, figure.after),
            )
            for figure in effect.figures
        ),
        tuple(
            (
                day_span(language, each.day_on, each.day_on),
                number(language, each.before.count),
                number(language, each.after.count),
                kopecks_text(view, each.before.known_kopecks),
                kopecks_text(view, each.after.known_kopecks),
            )
            for each in effect.days
        ),
    )


def _deals_forecast(
    view: View, trial: Trial, tried: TrialResult, moved: MovedLeads, pages: ChangedDealPages
) -> DealsForecast:
    """Return the effect of a trial on deals and leads as strings."""
    tally, language = tried.tally, view.language
    return DealsForecast(
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
        needs_match=trial.matches_again,
        needs_reclassify=trial.moves_visits,
        needs_contact_matching=trial.has_rule_of_contacts and not trial.site_of(view.current_site).contact_matching,
        moves=tuple(
            move_of(view, tally.spelling_of(source), tally.spelling_of(target), moves)
            for (source, target), moves in tally.moves_in_order()[:MOVES_SHOWN]
        ),
        moves_left=max(len(tally.moves) - MOVES_SHOWN, 0),
        changed=tally.changed,
        flips=changed_deal_lines(view, tried.changed),
        pages=pages,
        leads=moved.leads,
        visits=moved.visits,
    )


def move_of(view: View, source: Spelling, target: Spelling, moved: Moved) -> Move:
    """Return the deals that move from `source` to `target`, as strings."""
    deals = number(view.language, Fraction(moved.deals, WHOLE), 0 if moved.deals % WHOLE == 0 else 2)
    amount = kopecks_text(view, moved.known_kopecks)
    return Move(spelling_label(view, source), spelling_label(view, target), deals, amount)


def kopecks_text(view: View, kopecks: int | None) -> str:
    """Return an amount of money as a string, a dash if it is unknown."""
    return money(view.language, Fraction(kopecks, 100) if kopecks is not None else None)


def _rate(count: MatchCount, deals: int, language: Language) -> str:
    return f"{number(language, Fraction(count.attributed * 100, deals), 1)}\u00a0%" if deals else NOTHING
