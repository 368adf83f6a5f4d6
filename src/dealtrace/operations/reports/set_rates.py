"""Set and remove the exchange rates of a site, in rubles per unit of a currency."""

from collections.abc import Sequence

from dealtrace.deals.currency import CurrencyRate
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.reports import rates


def set_rates(work: Work, new: Sequence[CurrencyRate]) -> None:
    """Store exchange rates; a new rate replaces the earlier rate of the same currency and day.

    Reports about past days use the new rates at once.
    """
    lock_registrations(work)
    rates.upsert_rates(work.connection, work.site, new)


def remove_rates(work: Work, currency: str) -> int:
    """Delete all rates of a currency, and return their number; deals in this currency then have no value in rubles."""
    lock_registrations(work)
    return rates.delete_rates(work.connection, work.site.id, currency)
