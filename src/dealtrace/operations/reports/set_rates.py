"""Set what currencies are worth to a site."""

from collections.abc import Sequence

from dealtrace.deals.currency import CurrencyRate
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.reports import rates


def set_rates(work: Work, new: Sequence[CurrencyRate]) -> None:
    """Store rates, each in place of the one of its currency and day; reports of the past follow at once."""
    lock_registrations(work)
    rates.upsert_rates(work.connection, work.site, new)


def remove_rates(work: Work, currency: str) -> int:
    """Delete all rates of a currency, and return how many there were; its deals have no worth in rubles then."""
    lock_registrations(work)
    return rates.delete_rates(work.connection, work.site.id, currency)
