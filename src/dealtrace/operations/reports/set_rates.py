"""Set the exchange rates of a site: rubles for a unit of a currency."""

from collections.abc import Sequence

from dealtrace.deals.currency import CurrencyRate
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.reports import rates


def set_rates(work: Work, new: Sequence[CurrencyRate]) -> None:
    """Store exchange rates; a rate replaces an earlier rate of the same currency and day.

    Reports about past days use the new rates at once.
    """
    lock_registrations(work)
    rates.upsert_rates(work.connection, work.site, new)


def remove_rates(work: Work, currency: str) -> int:
    """Delete all rates of a currency, and return their number; the value of its deals in rubles is then unknown."""
    lock_registrations(work)
    return rates.delete_rates(work.connection, work.site.id, currency)
