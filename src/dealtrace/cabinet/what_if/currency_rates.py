"""How changed exchange rates would change the amounts of deals in rubles, as strings."""

from fractions import Fraction

from dealtrace.accounts.site import Site
from dealtrace.cabinet.formats import money, month, number
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import has_changed
from dealtrace.operations.what_if.try_currency_rates import AMOUNTS_MAX, TriedRates, try_rates
from dealtrace.record import record


@record
class MonthLine:
    """A month whose amounts would change, as strings: month, currency, number of deals, and their total in rubles."""

    month: str
    currency: str
    deals: str
    before: str
    after: str


@record
class RatesForecast:
    """The effect of changed rates on amounts, as strings; `agreed` is the form value that confirms the change.

    `deals` is the number of deals whose amounts change; `lacking` has the number of those without a rate, before and
    after the change. `margins` is empty if no margin changes. `cut_at` is the number of deals that were tried if there
    are more, otherwise 0. `has_changed` is true if the person agreed to other rates before. `is_file` is true if the
    rates are those of a file; `removed` has the currency and the day of rates to remove.
    """

    deals: int
    before: str
    after: str
    margins: tuple[str, ...]
    lacking: tuple[int, int]
    months: tuple[MonthLine, ...]
    cut_at: int
    agreed: str
    has_changed: bool
    is_file: bool = False
    removed: tuple[str, str] = ("", "")


async def forecast_rates(view: View, site: Site, tried: TriedRates, agreed: str) -> RatesForecast:
    """Return the effect on amounts in rubles if the rates were stored or removed as in `tried`."""
    effect = await view.read(try_rates, site, tried)
    changed, language = effect.changed, view.language

    def rubles(kopecks: int) -> str:
        return money(language, Fraction(kopecks, 100))

    margins = (rubles(changed.margin_before), rubles(changed.margin_after))
    return RatesForecast(
        changed.deals,
        rubles(changed.before),
        rubles(changed.after),
        margins if changed.margin_before != changed.margin_after else (),
        (changed.lacking_before, changed.lacking_after),
        tuple(
            MonthLine(
                month(language, line.first_on),
                line.currency.upper(),
                number(language, line.deals),
                rubles(line.before),
                rubles(line.after),
            )
            for line in changed.months
        ),
        AMOUNTS_MAX if effect.is_cut else 0,
        agreed,
        has_changed(view, agreed),
    )
