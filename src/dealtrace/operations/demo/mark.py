"""The record that marks a site as a demo: a stored import of a file that does not exist.

An interrupted demo can thus be recognised without a separate table.
"""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.demo.refusals import DemoMissing
from dealtrace.leads.file_import import FileImport
from dealtrace.record import record
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.leads.file_imports import find_file_import, lock_file_import

OWN_SITE = hashlib.sha256(b"dealtrace demo: a site of its own").hexdigest()
GIVEN_SITE = hashlib.sha256(b"dealtrace demo: a given site").hexdigest()


@record
class Demo:
    """A demo in a site; `progress` counts the stored rows, and `has_own_site` is true if the demo created the site."""

    site: Site
    progress: FileImport
    has_own_site: bool


def find_demo(connection: Connection, site: Site) -> Demo | None:
    """Return the demo of a site, finished or not, or `None` if it has none."""
    for digest in (OWN_SITE, GIVEN_SITE):
        progress = find_file_import(connection, site.id, digest)
        if progress is not None:
            return Demo(site, progress, digest == OWN_SITE)
    return None


def lock_demo(connection: Connection, site: Site) -> Demo:
    """Lock the demo of a site until the end of the transaction, and return it as it is then.

    Code that stores or removes rows of a demo must call this before it locks any other row, so that no two transactions
    wait for each other.

    Raises:
        DemoMissing: there is no demo, or a transaction that ended in the meantime has removed it.
    """
    demo = find_demo(connection, site)
    if demo is None or not lock_file_import(connection, site.id, demo.progress.digest):
        raise DemoMissing
    locked = find_demo(connection, site)
    if locked is None:
        raise DemoMissing
    return locked


def list_demos(connection: Connection) -> list[Demo]:
    """List the demos of all sites."""
    return list(_demos(connection))


def _demos(connection: Connection) -> Iterator[Demo]:
    for site in list_sites(connection):
        if (demo := find_demo(connection, site)) is not None:
            yield demo
