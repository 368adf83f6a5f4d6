"""`dealtrace db renormalise`: normalise stored phones and e-mails by the rules of this release."""

from rich.progress import Progress, TaskID

from dealtrace.accounts.site import Site
from dealtrace.cli.terminal import console, counted, end_stopped, error_console, open_prepared, work_in
from dealtrace.operations.leads.renormalise_contacts import renormalise_next_contacts
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.engine import Database
from dealtrace.storage.leads.normalisation_progress import begin_progress, count_left_to_normalise, find_progress


def count_left(database: Database) -> int:
    """Return how many contacts of all sites are still to be normalised by the rules of this release."""
    with database.read() as connection:
        return sum(
            count_left_to_normalise(connection, site.id, reading)
            for site in list_sites(connection)
            if (reading := find_progress(connection, site.id)) is not None
        )


def renormalise() -> None:
    """Normalise all stored phones and e-mails by the rules of this release. If stopped, run it again to continue."""
    hidden = not error_console.is_terminal
    with open_prepared() as database, Progress(console=error_console, transient=True, disable=hidden) as progress:
        with database.write() as connection:
            sites = list_sites(connection)
            for site in sites:
                begin_progress(connection, site.id)
        bar = progress.add_task("Contacts", total=count_left(database))
        try:
            for site in sites:
                _renormalise_site(database, site, progress, bar)
        except KeyboardInterrupt as stop:
            progress.stop()
            end_stopped(stop, "Stopped. To continue: dealtrace db renormalise")


def _renormalise_site(database: Database, site: Site, progress: Progress, bar: TaskID) -> None:
    contacts = rematched = 0
    is_done = False
    while not is_done:
        with database.write() as connection:
            chunk = renormalise_next_contacts(work_in(database, connection, site))
        is_done = chunk is None
        if chunk is not None:
            contacts, rematched = contacts + chunk.contacts_changed, rematched + chunk.deals_changed
            progress.advance(bar, chunk.read)
    changed = f"{counted(contacts, 'set')} of contacts changed"
    console.print(f"Site {site.id}: {changed}, {counted(rematched, 'deal')} matched to a different lead.", markup=False)
