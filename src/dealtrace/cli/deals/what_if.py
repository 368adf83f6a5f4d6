"""`dealtrace try`: show how other rules would change a site's deals; nothing is stored."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.on_off_settings import switch_text
from dealtrace.accounts.setting_effects import Effect
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import WHOLE
from dealtrace.cli.answers import (
    DealAttributionAnswer,
    FurtherMovesAnswer,
    ListedFlip,
    MatchRateAnswer,
    MoveAnswer,
    SourceShareAnswer,
    TrialAnswer,
)
from dealtrace.cli.deals.lookup import format_amount, format_lead
from dealtrace.cli.deals.period import ChosenPeriod, FromOption, ToOption, read_period
from dealtrace.cli.deals.setting_effects import (
    TrialHeadAnswer,
    effect_lines,
    moved_line,
    rubles_or_none,
    serialize_effect,
    serialize_moved,
)
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import (
    console,
    counted,
    end_stopped,
    error_console,
    fail,
    open_prepared,
    print_json,
    print_json_with_rows,
)
from dealtrace.deals.amount import kopecks_of
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.what_if.trial import TRIED_KEYS, Trial, read_tried
from dealtrace.operations.what_if.try_rules import MovedLeads, changed_chunks, try_on_leads
from dealtrace.operations.what_if.try_settings import TriedDays, list_effects
from dealtrace.reports.kopecks import ratio_text, rubles_of, share_text
from dealtrace.reports.what_if import DealAttribution, MatchCount, Moved, SourceKey, Tally, TriedDeal, spelling_of
from dealtrace.storage.journals.deal_journal import JournalQuery

_TRIED = {LeadKind.CALL: "Calls", LeadKind.LEAD_REQUEST: "Lead requests", None: "Visits"}
LISTED = 20
"""How many changed deals and moves between sources are listed by default."""

SettingsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY=VALUE…",
        help="Rules: contact_matching=on|off, threshold=SECONDS, order=calls,requests|requests,calls, model=0..6, "
        "own=HOST,HOST, payment=, signin=, search=HOST:NAME, social=HOST:NAME, no_host=HOST,HOST. "
        "Also every setting of `site set`, such as timezone=, and status.NAME=won|lost|open.",
    ),
]


def try_rules(
    site_id: SiteIdArgument,
    settings: SettingsArgument,
    first: FromOption = None,
    last: ToOption = None,
    limit: Annotated[int, typer.Option(min=0, help="How many deals and moves to list; --json lists all.")] = LISTED,
    as_json: JsonOption = False,
) -> None:
    """Show what would change at a site with other rules and settings, by default in the last 28 days.

    Nothing is stored; everything is read from one snapshot of the database. Pinned deals keep their leads.
    """
    pairs = [_read_pair(setting) for setting in settings]
    with open_prepared() as database, database.read() as connection:
        tried = read_tried(pairs)
        site = require_site(connection, site_id)
        if tried.trial is not None:
            tried.trial.check_hosts_of(site)
        now = clock.now()
        period = read_period(site, first, last, now)
        days = TriedDays(period.first_on, period.last_on, period.since, period.until)
        effects = list_effects(connection, site, tried, days, now)
        head = _head(site, period, dict(pairs), effects)
        if tried.trial is None:
            _show_effects(head, effects, as_json=as_json)
            return
        run = _Run(connection, site, tried.trial, period, is_hidden=as_json and console.is_terminal)
        try:
            moved = run.moved_leads()
            if as_json:
                _print_json(run, head, moved)
                return
            shown = [deal for number, deal in enumerate(run.changed_deals()) if number < limit]
        except KeyboardInterrupt as stop:
            end_stopped(stop, f"Stopped after {counted(run.tally.deals, 'deal')}.")
    for line in (*_lines(run, pairs, moved), *_change_lines(run, shown, limit), *effect_lines(effects)):
        console.print(line, markup=False)


def _show_effects(head: TrialHeadAnswer, effects: Sequence[Effect], *, as_json: bool) -> None:
    if as_json:
        print_json(head)
        return
    console.print(f"Site {head['siteId']}, {head['firstDay']} to {head['lastDay']}. Nothing was stored.")
    for line in effect_lines(effects):
        console.print(line, markup=False)
    if not effects:
        console.print("The site already has these settings.")


def _read_pair(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not equals:
        fail(f"{setting}: expected key=value. Keys: {', '.join(TRIED_KEYS)}")
    return key, value


class _Run:
    """A run of the command `try` over the deals of a period; a thousand deals are read at a time."""

    def __init__(
        self, connection: Connection, site: Site, trial: Trial, period: ChosenPeriod, *, is_hidden: bool
    ) -> None:
        self.site = site
        self.trial = trial
        self.period = period
        self.tally = Tally()
        self._connection = connection
        self._is_hidden = is_hidden or not error_console.is_terminal

    def moved_leads(self) -> MovedLeads:
        """Show a progress bar, and return how many leads and visits would get a different source."""
        with Progress(console=error_console, transient=True, disable=self._is_hidden) as progress:
            bar = progress.add_task("Leads", total=None)

            def show(kind: LeadKind | None, tried: int, total: int) -> None:
                progress.update(bar, description=_TRIED[kind], total=total, completed=tried)

            period = self.period
            return try_on_leads(self._connection, self.site, self.trial, period.since, period.until, show=show)

    def changed_deals(self) -> Iterator[TriedDeal]:
        """Yield the deals whose lead or source would change; `tally` counts these and all other deals of the period."""
        # Rows are printed while the progress bar is shown, and must not go to its console.
        shown = Progress(console=error_console, transient=True, disable=self._is_hidden, redirect_stdout=False)
        with shown as progress:
            bar = progress.add_task("Deals", total=None)
            searched = JournalQuery(since=self.period.since, until=self.period.until)

            def show(tried: int, total: int) -> None:
                progress.update(bar, total=total, completed=tried)

            for changed in changed_chunks(self._connection, self.site, self.trial, searched, self.tally, show=show):
                yield from changed


def _lines(run: _Run, pairs: Sequence[tuple[str, str]], moved: MovedLeads) -> Iterator[str]:
    tally, zone = run.tally, run.site.time_zone
    yield f"Site {run.site.id}, deals of {run.period.first_on} to {run.period.last_on} ({zone.key}): {tally.deals}"
    yield f"Tried: {' '.join(f'{key}={value}' for key, value in pairs)}. Nothing was stored."
    yield f"Deals with a lead or source: {_format_rate(tally.before, tally)} → {_format_rate(tally.after, tally)}"
    yield f"  {tally.before.attributed} → {tally.after.attributed} with a lead or a stated source"
    yield f"  {tally.before.with_lead} → {tally.after.with_lead} with a lead"
    yield f"Another lead: {counted(tally.flipped, 'deal')}. Another source: {counted(tally.moved, 'deal')}."
    if moved.leads.total:
        yield moved_line("Leads", moved.leads)
    if moved.visits.total:
        yield moved_line("Visits", moved.visits)
    yield from _hints(run)


def _change_lines(run: _Run, shown: Sequence[TriedDeal], limit: int) -> Iterator[str]:
    tally = run.tally
    moves = tally.moves_in_order()
    if moves:
        yield f"Moves between sources{_listed(min(limit, len(moves)), len(moves))}:"
    for (source, target), moved in moves[:limit]:
        yield f"  {_format_source(*tally.spelling_of(source))} → {_format_source(*tally.spelling_of(target))}"
        yield f"    {_format_moved(moved)}"
    if tally.further.deals:
        yield f"  between other sources: {_format_moved(tally.further)}"
    if tally.changed:
        yield f"Deals whose lead or source would change{_listed(len(shown), tally.changed)}:"
    for tried in shown:
        yield from _flip_lines(run.site, tried)


def _flip_lines(site: Site, tried: TriedDeal) -> Iterator[str]:
    deal = tried.deal
    yield f"  {deal.id}, {deal.happened_at.astimezone(site.time_zone):%Y-%m-%d %H:%M}, {format_amount(deal)}"
    if tried.has_other_lead:
        yield f"    {format_lead(tried.before.lead)} → {format_lead(tried.after.lead)}"
    if tried.moves:
        yield f"    {_format_shares(tried.before)} → {_format_shares(tried.after)}"


def _hints(run: _Run) -> Iterator[str]:
    tally, trial, site = run.tally, run.trial, run.site
    if trial.contact_matching is not None and trial.contact_matching == site.contact_matching:
        yield f"The site already has contact_matching={switch_text(is_on=site.contact_matching)}."
    if trial.model is not None and trial.model == site.attribution:
        yield f"The site already has model={site.attribution}."
    if tally.pinned:
        yield f"{counted(tally.pinned, 'pinned deal')} would keep the lead chosen by hand."
    if tally.kept:
        yield f"{counted(tally.kept, 'deal')} would keep a lead that these rules would not find:"
        yield "  switching contact matching off does not change past deals."
    if tally.without_rate:
        yield f"The amounts in rubles leave out {counted(tally.without_rate, 'deal')} in currencies without a rate:"
        yield f"  dealtrace rate set {run.site.id} CURRENCY RUBLES --from DAY"
    if run.trial.has_rule_of_contacts and not run.trial.site_of(run.site).contact_matching:
        yield "Contact matching is off for this site: threshold and order need contact_matching=on."


def _listed(shown: int, total: int) -> str:
    return f" ({shown} of {total}, more with --limit)" if shown < total else ""


def _format_rate(count: MatchCount, tally: Tally) -> str:
    return f"{count.attributed / tally.deals:.1%}" if tally.deals else "–"


def _format_source(source: str | None, medium: str | None) -> str:
    return " / ".join(part for part in (source, medium) if part is not None) or "(no source)"


def _format_shares(attribution: DealAttribution) -> str:
    shares = [(_format_source(*spelling_of(source)), share) for source, share in attribution.shares]
    return ", ".join(name if share == WHOLE else f"{name} {share / WHOLE:.0%}" for name, share in shares)


def _format_moved(moved: Moved) -> str:
    deals = share_text(moved.deals).rstrip("0").rstrip(".")
    kopecks = moved.known_kopecks
    amount = f"{rubles_of(kopecks)} rubles" if kopecks is not None else "amount unknown"
    return f"{deals} {'deal' if moved.deals == WHOLE else 'deals'}, {amount}"


def _head(site: Site, period: ChosenPeriod, tried: dict[str, str], effects: Sequence[Effect]) -> TrialHeadAnswer:
    return {
        "siteId": site.id,
        "firstDay": period.first_on,
        "lastDay": period.last_on,
        "tried": tried,
        "effects": [serialize_effect(effect) for effect in effects],
    }


def _print_json(run: _Run, head: TrialHeadAnswer, moved: MovedLeads) -> None:
    head["leads"], head["visits"] = serialize_moved(moved.leads), serialize_moved(moved.visits)
    print_json_with_rows(head, "flips", map(_serialize_flip, run.changed_deals()), lambda: _serialize_tally(run.tally))


def _serialize_flip(tried: TriedDeal) -> ListedFlip:
    deal = tried.deal
    return {
        "orderId": deal.id,
        "orderNumber": deal.number,
        "happenedAt": deal.happened_at,
        "sum": rubles_of(kopecks_of(deal.amount_rub)) if deal.amount_rub is not None else None,
        "currency": deal.currency,
        "before": _serialize_attribution(tried.before),
        "after": _serialize_attribution(tried.after),
    }


def _serialize_attribution(attribution: DealAttribution) -> DealAttributionAnswer:
    sources: list[SourceShareAnswer] = [
        {"source": name, "medium": medium, "share": share_text(share)}
        for source, share in attribution.shares
        for name, medium in (spelling_of(source),)
    ]
    return {"lead": attribution.lead, "sources": sources}


def _serialize_tally(tally: Tally) -> TrialAnswer:
    further: FurtherMovesAnswer = {
        "deals": share_text(tally.further.deals),
        "rubles": rubles_or_none(tally.further.known_kopecks),
    }
    return {
        "deals": tally.deals,
        "pinned": tally.pinned,
        "otherLead": tally.flipped,
        "otherSource": tally.moved,
        "leadKept": tally.kept,
        "withoutRate": tally.without_rate,
        "before": _serialize_count(tally.before, tally),
        "after": _serialize_count(tally.after, tally),
        "moves": [_serialize_move(tally, *pair, moved) for pair, moved in tally.moves_in_order()],
        "furtherMoves": further,
    }


def _serialize_count(count: MatchCount, tally: Tally) -> MatchRateAnswer:
    return {
        "withLead": count.with_lead,
        "attributed": count.attributed,
        "matchRate": ratio_text(count.attributed, tally.deals),
    }


def _serialize_move(tally: Tally, source: SourceKey, target: SourceKey, moved: Moved) -> MoveAnswer:
    (from_source, from_medium), (to_source, to_medium) = tally.spelling_of(source), tally.spelling_of(target)
    return {
        "fromSource": from_source,
        "fromMedium": from_medium,
        "toSource": to_source,
        "toMedium": to_medium,
        "deals": share_text(moved.deals),
        "rubles": rubles_or_none(moved.known_kopecks),
    }
