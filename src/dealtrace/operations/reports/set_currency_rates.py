"""Set and remove the exchange rates of a site, in rubles per unit of a currency."""

from collections.abc import Sequence
from datetime import date

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.deals.currency import CurrencyRate
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.reports import currency_rates


def set_rates(work: Work, new: Sequence[CurrencyRate]) -> None:
    """Store exchange rates; a new rate replaces the earlier rate of the same currency and day.

    Reports about past days use the new rates at once.
    """
    lock_registrations(work)
    site = require_site(work.connection, work.site.id)  # whose time zone may have just been changed
    known = {(rate.currency, rate.since_on): rate for rate in currency_rates.list_rates(work.connection, site)}
    changed = [rate for rate in new if known.get((rate.currency, rate.since_on)) != rate]
    replaced = [known[key] for rate in changed if (key := (rate.currency, rate.since_on)) in known]
    currency_rates.upsert_rates(work.connection, site, new)
    currencies = ", ".join(sorted({rate.currency for rate in changed}))
    before, after = _format_rates(replaced), _format_rates(changed)
    # Several rates replaced on the same days have equal texts, and a change with equal texts is not recorded.
    record_change(
        work, work.site.id, ChangeKind.RATE, currencies, before=before if before != after else "", after=after
    )


def remove_rates(work: Work, currency: str, since_on: date | None = None) -> int:
    """Delete rates of a currency: only the rate that begins on `since_on`, or all if `since_on` is `None`.

    The result is the number of deleted rates.
    Deals on days without a rate have no value in rubles.
    """
    lock_registrations(work)
    site = require_site(work.connection, work.site.id)
    removed = [
        rate
        for rate in currency_rates.list_rates(work.connection, site)
        if rate.currency == currency and since_on in (None, rate.since_on)
    ]
    record_change(work, work.site.id, ChangeKind.RATE, currency, before=_format_rates(removed))
    return currency_rates.delete_rates(work.connection, site, currency, since_on)


def _format_rates(changed: Sequence[CurrencyRate]) -> str:
    """Return rates as a string in the form that `ChangeKind.RATE` describes, or an empty string if there are none."""
    days = sorted(rate.since_on for rate in changed)
    if len(changed) == 1:
        return f"{changed[0].rubles.normalize():f} {days[0]}"
    return f"{len(changed)} {days[0]} {days[-1]}" if changed else ""
