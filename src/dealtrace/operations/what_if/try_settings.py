"""Find out what each changed setting of a site would do in a period; nothing is stored."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from dealtrace.accounts.setting_effects import (
    STATUS_PREFIX,
    CountedDeals,
    DayEffect,
    Effect,
    EffectFigure,
    count_moved,
    days_that_differ,
)
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.accounts.change_site_settings import preview_site, settings_of
from dealtrace.operations.reports.set_status import read_status
from dealtrace.operations.what_if.trial import TriedSettings
from dealtrace.record import record
from dealtrace.reports.statuses import Meaning, meanings_by_key, status_key, status_meaning
from dealtrace.storage.accounts.points import find_points_spent, list_points_spent
from dealtrace.storage.journals.call_counts import QUARTER, count_by_quarter
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list, query_visit_list
from dealtrace.storage.leads.qualification import count_qualified
from dealtrace.storage.reports.currency_rates import count_deals_at_other_rates, has_rates, sum_by_span, sum_by_status
from dealtrace.storage.reports.statuses import list_statuses


@record
class TriedDays:
    """The days of a site on which a change is tried, from `first_on` to `last_on`.

    The first day begins at `since`, and the last day ends just before `until`.
    """

    first_on: date
    last_on: date
    since: datetime
    until: datetime


def list_effects(
    connection: Connection, site: Site, tried: TriedSettings, days: TriedDays, now: datetime
) -> list[Effect]:
    """List the effects of the tried settings and statuses, but not of the tried rules.

    Raises:
        NameTaken: another site has the counter code.
        InvalidSetting: a value is not valid; the message says which values are valid.
    """
    effects = (try_status(connection, site, name, meaning, days) for name, meaning in tried.statuses.items())
    return [
        *try_settings(connection, site, tried.settings, days, now),
        *(effect for effect in effects if effect is not None),
    ]


def try_settings(
    connection: Connection, site: Site, changes: Mapping[str, str], days: TriedDays, now: datetime
) -> list[Effect]:
    """Return the effect of each setting that `changes` would change, in the order of `changes`.

    Raises:
        NameTaken: another site has the counter code.
        UnknownSetting: a key is not the name of a setting; the message lists the settings.
        InvalidSetting: a value is not valid; the message says which values are valid.
    """
    changed = preview_site(connection, site, changes)
    before, after = settings_of(site), settings_of(changed)
    effects = []
    for key in changes:
        figures: tuple[EffectFigure, ...] = ()
        by_day: tuple[DayEffect, ...] = ()
        if before[key] == after[key]:
            continue
        match key:
            case "timezone":
                figures, by_day = _try_time_zone(connection, site, changed, days)
            case "unique_depth_days" | "target_call_seconds":
                figures = _try_qualification(connection, site, changed, days, _QUALIFIED[key])
            case "points_per_day":
                figures = _try_points(connection, site, changed, days, now)
            case "counter":
                visits = count_by_quarter(connection, query_visit_list(site.id, days.since, days.until))
                figures = (EffectFigure("visits_of_the_counter", sum(visits.values())),)
            case _:
                pass
        effects.append(Effect(key, before[key], after[key], figures, by_day))
    return effects


def try_status(connection: Connection, site: Site, name: str, meaning: str, days: TriedDays) -> Effect | None:
    """Return the effect of a new meaning of a status, or `None` if the status has this meaning already.

    Raises:
        InvalidSetting: the name is blank or too long, or the meaning is unknown.
    """
    after = read_status(name, meaning)
    meanings = meanings_by_key(list_statuses(connection, site.id))
    before = status_meaning(name, meanings)
    if before is after:
        return None
    sums = sum_by_status(connection, site.id, days.since, days.until)
    sides = [_sum_by_meaning(sums, known) for known in (meanings, {**meanings, status_key(name): after})]
    figures = []
    for each in (Meaning.WON, Meaning.LOST):
        old, new = (side.get(each, CountedDeals()) for side in sides)
        figures.append(EffectFigure(f"{each}_deals", before=old.count, after=new.count))
        money = old.known_kopecks, new.known_kopecks
        figures.append(
            EffectFigure(
                f"{each}_rubles", before=money[0], after=money[1], is_money=True, is_before_unknown=money[0] is None
            )
        )
    return Effect(f"{STATUS_PREFIX}{name.strip()}", before, after, tuple(figures))


def _sum_by_meaning(
    sums: Mapping[str, tuple[int, int, bool]], meanings: Mapping[str, Meaning]
) -> dict[Meaning, CountedDeals]:
    found: dict[Meaning, CountedDeals] = {}
    for spelling, counted in sums.items():
        meaning = status_meaning(spelling, meanings)
        found[meaning] = found.get(meaning, CountedDeals()) + CountedDeals(*counted)
    return found


def _try_time_zone(
    connection: Connection, site: Site, changed: Site, days: TriedDays
) -> tuple[tuple[EffectFigure, ...], tuple[DayEffect, ...]]:
    zones = site.time_zone, changed.time_zone
    sums = sum_by_span(connection, site.id, days.since, days.until, QUARTER)
    deals = {at: CountedDeals(*counted) for at, counted in sums.items()}
    in_day, in_month = count_moved(deals, *zones)
    figures = [
        EffectFigure("deals_on_another_day", in_day.count),
        EffectFigure("rubles_on_another_day", in_day.known_kopecks, is_money=True),
        EffectFigure("deals_in_another_month", in_month.count),
        EffectFigure("rubles_in_another_month", in_month.known_kopecks, is_money=True),
    ]
    for name, query in (
        ("calls", query_lead_list(site.id, LeadFilters(LeadKind.CALL, days.since, days.until))),
        ("requests", query_lead_list(site.id, LeadFilters(LeadKind.LEAD_REQUEST, days.since, days.until))),
        ("visits", query_visit_list(site.id, days.since, days.until)),
    ):
        counts = {at: CountedDeals(count) for at, count in count_by_quarter(connection, query).items()}
        figures.append(EffectFigure(f"{name}_on_another_day", count_moved(counts, *zones)[0].count))
    if has_rates(connection, site.id):
        count = count_deals_at_other_rates(connection, site, changed, since=days.since, until=days.until, span=QUARTER)
        figures.append(EffectFigure("deals_at_another_rate", count))
    return tuple(figures), days_that_differ(deals, *zones)


_QUALIFIED = {
    "unique_depth_days": ("unique_calls", "unique_requests", "unique_target_calls"),
    "target_call_seconds": ("target_calls", "unique_target_calls"),
}
"""The figures that each setting may change; `unique_target_calls` is tried with the new values of both settings."""


def _try_qualification(
    connection: Connection, site: Site, changed: Site, days: TriedDays, names: Sequence[str]
) -> tuple[EffectFigure, ...]:
    before, after = (_count_leads(connection, each, days) for each in (site, changed))
    return tuple(EffectFigure(name, before=before[name], after=after[name]) for name in names)


def _count_leads(connection: Connection, site: Site, days: TriedDays) -> dict[str, int]:
    calls, lead_requests = (
        count_qualified(connection, site, kind, days.since, days.until)
        for kind in (LeadKind.CALL, LeadKind.LEAD_REQUEST)
    )
    return {
        "unique_calls": calls.unique,
        "unique_requests": lead_requests.unique,
        "target_calls": calls.targets,
        "unique_target_calls": calls.unique_targets,
    }


def _try_points(
    connection: Connection, site: Site, changed: Site, days: TriedDays, now: datetime
) -> tuple[EffectFigure, ...]:
    spent = list_points_spent(connection, site.id, days.first_on, days.last_on)

    def beyond(limit: int) -> int:
        return sum(points > limit for points in spent) if limit else 0

    today = find_points_spent(connection, site.id, site_day(now, site.time_zone))
    return (
        EffectFigure("points_spent_today", today),
        EffectFigure("days_beyond_the_limit", before=beyond(site.points_per_day), after=beyond(changed.points_per_day)),
    )
