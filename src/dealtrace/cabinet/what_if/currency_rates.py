"""How changed exchange rates would change the amounts of deals in rubles, as strings."""

from dealtrace.accounts.site import Site
from dealtrace.cabinet.formats import month, number
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import has_changed
from dealtrace.cabinet.what_if.forecast import kopecks_text
from dealtrace.operations.what_if.try_currency_rates import AMOUNTS_MAX, TriedRates, try_rates
from dealtrace.record import record


@record
class MonthLine:
    """A month whose amounts would change, as strings: month, currency, number of deals, and their total in rubles.

    A total that is unknown is a dash.
    """

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

    margins = (kopecks_text(view, changed.margin_before), kopecks_text(view, changed.margin_after))
    return RatesForecast(
        changed.deals,
        kopecks_text(view, changed.before),
        kopecks_text(view, changed.after),
        margins if changed.margin_before != changed.margin_after else (),
        (changed.lacking_before, changed.lacking_after),
        tuple(
            MonthLine(
                month(language, line.first_on),
                line.currency.upper(),
                number(language, line.deals),
                kopecks_text(view, line.before),
                kopecks_text(view, line.after),
            )
            for line in changed.months
        ),
        AMOUNTS_MAX if effect.is_cut else 0,
        agreed,
        has_changed(view, agreed),
    )
