"""`dealtrace rate`: set, import, list and remove the rates at which a site's reports convert currencies to rubles."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dealtrace import clock
from dealtrace.accounts.site_days import site_day
from dealtrace.cli.answers import RateAnswer
from dealtrace.cli.day_options import day_option
from dealtrace.cli.import_files import EncodingOption
from dealtrace.cli.options import JsonOption, SiteIdArgument
from dealtrace.cli.terminal import console, counted, fail, open_prepared, print_json, work_in
from dealtrace.deals.currency import CurrencyRate, read_foreign
from dealtrace.errors import InvalidValue
from dealtrace.files.costs.currency_rates import read_rate, read_rates
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.set_currency_rates import remove_rates, set_rates
from dealtrace.storage.reports.currency_rates import count_deals_without_rate, list_rates

CurrencyArgument = Annotated[
    str, typer.Argument(metavar="CURRENCY", help="The currency as the CRM sends it, such as usd.")
]

rate_commands = typer.Typer(help="Set, list and remove the rates that convert currencies.", no_args_is_help=True)


@rate_commands.command("set")
def set_one(
    site_id: SiteIdArgument,
    currency: CurrencyArgument,
    rubles: Annotated[str, typer.Argument(metavar="RUBLES", help="The price in rubles of one unit, such as 92.5.")],
    since: Annotated[date | None, day_option("The first day of the rate; today if omitted.", name="--from")] = None,
) -> None:
    """Set the price in rubles of one unit of a currency. It applies from the given day until the next rate begins."""
    named, rate = _currency(currency), _rubles(rubles)
    with open_prepared() as database, database.write() as connection:
        site = require_site(connection, site_id)
        since_on = since if since is not None else site_day(clock.now(), site.time_zone)
        set_rates(work_in(database, connection, site), [CurrencyRate(named, since_on, rate)])
    console.print(f"Site {site_id}: from {since_on} on, 1 {named} is {rate.normalize():f} rubles.", markup=False)


@rate_commands.command("import")
def take_rates(
    site_id: SiteIdArgument,
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with the columns currency, date and rate.")],
    encoding: EncodingOption = None,
) -> None:
    """Import rates from a file. If a row is invalid, nothing changes."""
    with open_prepared() as database, database.write() as connection:
        rates = read_rates(file, encoding)
        site = require_site(connection, site_id)
        set_rates(work_in(database, connection, site), rates)
    console.print(f"Site {site_id}: {counted(len(rates), 'rate')} stored.", markup=False)


@rate_commands.command("list")
def show(site_id: SiteIdArgument, as_json: JsonOption = False) -> None:
    """List the rates of a site, and how many deals in each currency have no rate."""
    with open_prepared() as database, database.read() as connection:
        rates = list_rates(connection, require_site(connection, site_id))
        without = count_deals_without_rate(connection, site_id)
    if as_json:
        rows: list[RateAnswer] = [
            {"currency": rate.currency, "since": rate.since_on, "rubles": rate.rubles} for rate in rates
        ]
        print_json({"rates": rows, "dealsWithoutRate": without})
        return
    table = Table("currency", "from", "rubles")
    for rate in rates:
        table.add_row(rate.currency, str(rate.since_on), f"{rate.rubles.normalize():f}")
    console.print(table)
    for currency, deals in sorted(without.items()):
        console.print(f"{counted(deals, 'deal')} in {currency} cannot be converted: no rate is set.", markup=False)


@rate_commands.command("remove")
def remove(site_id: SiteIdArgument, currency: CurrencyArgument) -> None:
    """Remove all rates of a currency. Reports then leave out the amounts of deals in that currency."""
    named = _currency(currency)
    with open_prepared() as database, database.write() as connection:
        removed = remove_rates(work_in(database, connection, require_site(connection, site_id)), named)
    console.print(f"Site {site_id}: {counted(removed, 'rate')} of {named} removed.", markup=False)


def _currency(text: str) -> str:
    try:
        return read_foreign(text)
    except InvalidValue as fault:
        fail(f"CURRENCY: {fault.en}.")


def _rubles(text: str) -> Decimal:
    try:
        return read_rate(text)
    except InvalidValue as fault:
        fail(f"RUBLES: {fault.en}.")
