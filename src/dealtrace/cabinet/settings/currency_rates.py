"""Set, import and remove a site's exchange rates; reports use the rates to convert other currencies to rubles."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.form_pages import Faults, redirect_with_message, show_form_page, stored_site, unknown_faults
from dealtrace.cabinet.formats import NOTHING, exact_number
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.settings.file_cures import file_fault
from dealtrace.cabinet.settings.imports import (
    ENCODINGS,
    file_deleted,
    keep_sent_file,
    kept_file,
    missing_file_fault,
    unless_deleted,
)
from dealtrace.cabinet.settings.uploads import UPLOAD_BYTES_MAX, Upload
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import TRY, may_save
from dealtrace.cabinet.what_if.currency_rates import RatesForecast, forecast_rates
from dealtrace.deals.currency import CurrencyRate, read_foreign
from dealtrace.errors import FileUnreadable, InvalidValue, Language, text_in
from dealtrace.files.costs.currency_rates import read_rate, read_rates
from dealtrace.operations.reports.set_currency_rates import remove_rates, set_rates
from dealtrace.operations.what_if.try_currency_rates import TriedRates
from dealtrace.operations.work import at_site
from dealtrace.record import record
from dealtrace.reports.periods import parse_day
from dealtrace.storage.reports.currency_rates import (
    count_deals_without_rate,
    count_rates,
    list_latest_rates,
    list_rates_on,
)

PLACE = "settings/rates"
RATES_SHOWN = 400
"""The maximum number of rates that the page shows for a currency: a little more than a year of daily rates."""
LACKING_COUNTED_MAX = 10_000
"""Ours: the page of currency rates counts deals without a rate only up to this number.

The remedy, a new rate, does not depend on it.
"""
FIELDS = ("currency", "rubles", "since")


@record
class CurrencyLine:
    """A currency: its rate today in words, the first day of this rate, and the number of its rates.

    `rate` is `NOTHING` and `since_on` is `None` if no rate is in force today. `deals` counts the deals without a
    rate, up to `LACKING_COUNTED_MAX`; `has_more` is true if there are more such deals.
    """

    currency: str
    rate: str
    since_on: date | None
    rates: int
    deals: int
    has_more: bool


@record
class StoredRates:
    """The number of rates, today's rate, and the number of deals without a rate, each by currency.

    `shown` are the latest rates of the currency in the URL.
    """

    counts: Mapping[str, int]
    in_force: Mapping[str, CurrencyRate]
    deals: Mapping[str, int]
    shown: Sequence[CurrencyRate]


async def show(view: View) -> Response:
    """Show the currencies, and all rates of the currency that `currency` in the URL names."""
    return await _page(view)


async def save(view: View) -> Response:
    """Set the rate of a currency from a day on; a rate that was already set from that day is replaced.

    If amounts of deals in rubles change, show them first.
    """
    site = await stored_site(view)
    sent = {name: view.form.get(name).strip() for name in FIELDS}
    rate = _parse_rate(sent, site, view.language)
    if not isinstance(rate, CurrencyRate):
        return await _page(view, sent, rate)
    agreement = f"{rate.currency} {rate.rubles.normalize():f} {rate.since_on}"
    tried = await _ask_first(view, site, TriedRates((rate,)), agreement)
    if tried is not None:
        return await _page(view, sent, tried=tried)
    await view.manage(at_site(site, set_rates), [rate])
    return redirect_with_message(view, PLACE, "saved")


async def _ask_first(view: View, site: Site, change: TriedRates, agreement: str) -> RatesForecast | None:
    """Return the amounts that would change, or `None` if the person need not see them before the change is stored."""
    if may_save(view, agreement):
        return None
    tried = await forecast_rates(view, site, change, agreement)
    return tried if tried.deals or view.form.get("act") == TRY else None


async def _gone(view: View) -> Response:
    return await _page(view, faults=file_deleted(view), status=HTTPStatus.NOT_FOUND)


@unless_deleted(PLACE, _gone)
async def take_file(view: View) -> Response:
    """Store all rates of a file, or none if a row is invalid; if amounts of deals in rubles change, show them first."""
    encoding = view.form.get("encoding")
    kept = await keep_sent_file(view, PLACE, {})
    if encoding not in ENCODINGS:
        return await _page(view, faults={"file": view.translate("Choose an encoding from the list.")}, kept=kept)
    if kept is None:
        command = f"dealtrace rate import {view.current_site.id} FILE"
        return await _page(view, faults={"file": missing_file_fault(view, command)})
    try:
        rates = await view.services.file_threads.run(read_rates, kept.path, encoding or None)
    except FileUnreadable as refusal:
        return await _page(view, faults={"file": file_fault(view, refusal)}, kept=kept)
    site = await stored_site(view)
    tried = await _ask_first(view, site, TriedRates(tuple(rates)), f"{kept.key} {encoding}")
    if tried is not None:
        return await _page(view, kept=kept, tried=replace(tried, is_file=True))
    await view.manage(at_site(site, set_rates), rates)
    kept.delete()
    return redirect_with_message(view, PLACE, "added")


async def remove(view: View) -> Response:
    """Remove a currency's rate that starts on the day in the form; without a day, remove all rates of the currency.

    If amounts of deals in rubles change, show them first.
    """
    sent = view.form.get("since")
    try:
        since_on = parse_day(sent) if sent else None
    except InvalidValue:
        return not_found_page(view)
    site, currency = await stored_site(view), view.form.get("currency")
    change = TriedRates(removed=currency, removed_on=since_on)
    tried = await _ask_first(view, site, change, f"- {currency} {since_on or ''}")
    if tried is not None:
        return await _page(view, tried=replace(tried, removed=(currency, sent)))
    removed = await view.manage(at_site(site, remove_rates), currency, since_on)
    return redirect_with_message(view, PLACE, "removed") if removed else not_found_page(view)


def _parse_rate(sent: Mapping[str, str], site: Site, language: Language) -> CurrencyRate | Faults:
    """Return the rate in a form, or the form's error messages by field; without a day, the rate applies from today."""
    faults: dict[str, str] = {}
    currency, rubles, since_on = "", Decimal(0), site_day(clock.now(), site.time_zone)
    try:
        currency = read_foreign(sent["currency"])
    except InvalidValue as fault:
        faults["currency"] = text_in(language, fault)
    try:
        rubles = read_rate(sent["rubles"])
    except InvalidValue as fault:
        faults["rubles"] = text_in(language, fault)
    try:
        since_on = parse_day(sent["since"]) if sent["since"] else since_on
    except InvalidValue as fault:
        faults["since"] = text_in(language, fault)
    return faults or CurrencyRate(currency, since_on, rubles)


async def _page(
    view: View,
    sent: Mapping[str, str] | None = None,
    faults: Faults | None = None,
    *,
    status: int = 0,
    kept: Upload | None = None,
    tried: RatesForecast | None = None,
) -> Response:
    site = await stored_site(view)
    today = site_day(clock.now(), site.time_zone)
    shown = view.request.query_params.get("currency", "")
    stored = await view.read(_read, site, today, shown)
    if shown and shown not in stored.counts and shown not in stored.deals:
        faults, shown = {**unknown_faults(view, currency=(shown, "Currency")), **(faults or {})}, ""
    return show_form_page(
        view,
        "settings/rates.html",
        view.translate("Currency rates"),
        faults=faults,
        status=status,
        lines=_lines(stored, view.language),
        shown=[(rate, exact_number(view.language, rate.rubles)) for rate in stored.shown],
        hidden=stored.counts.get(shown, 0) - len(stored.shown),
        currency=shown,
        sent={**dict.fromkeys(FIELDS, ""), "since": today.isoformat(), **(sent or {})},
        encodings=ENCODINGS[1:],
        encoding=view.form.get("encoding"),
        megabytes=UPLOAD_BYTES_MAX >> 20,
        kept=kept_file(kept),
        tried=tried,
    )


def _lines(stored: StoredRates, language: Language) -> list[CurrencyLine]:
    """Return, in alphabetical order, a line for each currency that has rates, or that lacks a rate for some deals."""
    lines = []
    for currency in sorted({*stored.counts, *stored.deals}):
        rate = stored.in_force.get(currency)
        rate_text = exact_number(language, rate.rubles) if rate is not None else NOTHING
        since_on = rate.since_on if rate is not None else None
        count, deals = stored.counts.get(currency, 0), stored.deals.get(currency, 0)
        shown, has_more = min(deals, LACKING_COUNTED_MAX), deals > LACKING_COUNTED_MAX
        lines.append(CurrencyLine(currency, rate_text, since_on, count, shown, has_more))
    return lines


def _read(connection: Connection, site: Site, today: date, shown: str) -> StoredRates:
    return StoredRates(
        count_rates(connection, site.id),
        {rate.currency: rate for rate in list_rates_on(connection, site, today)},
        count_deals_without_rate(connection, site.id, LACKING_COUNTED_MAX),
        list_latest_rates(connection, site, shown, RATES_SHOWN) if shown else [],
    )
