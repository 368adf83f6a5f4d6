"""Record visits of the site."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.operations.leads.credit import credit_again
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.storage.visits.visits import insert_visits

NOT_YET = VisitId(0)
"""The id of a visit that has none yet."""


@operation(ids_per_command=2)
def record_visits(work: Work, commands: Sequence[WriteCommand[Visit]]) -> list[Visit]:
    """Record visits; each outcome is the visit with the id it got (`NOT_YET` before).

    Leads of the same visitors that came in before are credited anew.
    """
    visits = [replace(command.payload, id=VisitId(work.ids.take())) for command in commands]
    store_visits(work, visits)
    return visits


def store_visits(work: Work, visits: Sequence[Visit]) -> None:
    """Keep visits that have their ids, and credit the leads anew that they may have led to."""
    lock_registrations(work)
    sources = intern_sources(work.connection, work.ids, work.site.id, {visit.traffic_source for visit in visits})
    insert_visits(work.connection, work.site.id, visits, sources)
    credit_again(work, visits)
