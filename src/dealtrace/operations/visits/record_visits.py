"""Record visits of the site."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.operations.leads.credit import credit_again
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.storage.visits.visits import insert_visits

NOT_YET = VisitId(0)
"""The id of a visit that has none yet."""


def record_visits(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[Visit]], now: datetime
) -> list[Visit]:
    """Record visits; each outcome is the visit with the id it got (`NOT_YET` before).

    Leads of the same visitors that came in before are credited anew.
    """
    visits = [replace(command.payload, id=VisitId(ids.take())) for command in commands]
    store_visits(connection, ids, site, visits, now)
    return visits


def store_visits(connection: Connection, ids: IdBlocks, site: Site, visits: Sequence[Visit], now: datetime) -> None:
    """Keep visits that have their ids, and credit the leads anew that they may have led to."""
    lock_registrations(connection, site, now)
    sources = intern_sources(connection, ids, site.id, {visit.traffic_source for visit in visits})
    insert_visits(connection, site.id, visits, sources)
    credit_again(connection, site, visits, now)
