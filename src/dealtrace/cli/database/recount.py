"""`dealtrace db recount`: count the deals of each day again."""

from dealtrace.cli.terminal import console, counted, end_stopped, open_prepared
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.deals.daily_counts import recount_deals


def recount() -> None:
    """Rebuild the daily deal counts that deal lists use for their totals. Servers cannot write while this runs."""
    with open_prepared() as database:
        with database.read() as connection:
            sites = list_sites(connection)
        try:
            for site in sites:
                with database.write() as connection:
                    recount_deals(connection, site.id)
        except KeyboardInterrupt as stop:
            end_stopped(stop, "Stopped. Each site has either all its old or all its new counts. Run the command again.")
    console.print(f"Recounted the deals of {counted(len(sites), 'site')}.")
