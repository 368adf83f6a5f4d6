"""`dealtrace db upgrade`: upgrade the schema of the database to this release."""

from contextlib import closing

from dealtrace.cli.database.renormalise import count_left
from dealtrace.cli.terminal import console, end_stopped, explained
from dealtrace.settings import read_settings
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.upgrade import newest_revision, require_database, upgrade_schema

READ_AGAIN = "Some stored phones and e-mails are still normalised by the rules of an earlier release."


def upgrade() -> None:
    """Upgrade the database schema to this release. Does nothing if it is up to date; never creates a database."""
    with explained(), closing(open_database(read_settings().database_url)) as database:
        try:
            require_database(database)
            upgrade_schema(database)
        except KeyboardInterrupt as stop:
            end_stopped(stop, "Stopped. The schema is as before. To upgrade it: dealtrace db upgrade")
        unread = count_left(database)
    console.print(f"The database schema is at revision {newest_revision()}.")
    if unread:
        console.print(f"{READ_AGAIN} To normalise them again while the server runs: dealtrace db renormalise")
