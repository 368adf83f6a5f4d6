"""How many contacts of all sites are still to be normalised by the rules of this release."""

from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.engine import Database
from dealtrace.storage.leads.normalisation_progress import count_left_to_normalise, find_progress


def count_left(database: Database) -> int:
    """Return how many contacts of all sites are still to be normalised by the rules of this release."""
    with database.read() as connection:
        return sum(
            count_left_to_normalise(connection, site.id, reading)
            for site in list_sites(connection)
            if (reading := find_progress(connection, site.id)) is not None
        )
