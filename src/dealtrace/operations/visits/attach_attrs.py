"""Attach attributes, which are parameters from third parties, to visits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dealtrace.attribution.visit import VisitId
from dealtrace.attribution.visit_ids import is_usable_without_token
from dealtrace.attribution.visits_from_hits import bounded_attrs
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.visits import visits


@record
class VisitAttrs:
    """The id of a visit, and the attributes to attach to it."""

    visit_id: VisitId
    attrs: Mapping[str, object]


@operation(ids_per_command=0)
def attach_attrs(work: Work, commands: Sequence[WriteCommand[VisitAttrs]]) -> list[bool]:
    """Attach attributes to visits, in input order; each outcome is whether the visit was found.

    Attributes beyond the limits of a visit are left out. A visit with a guessable id is found only if it is recent.
    """
    lock_registrations(work)
    named = {command.payload.visit_id for command in commands}
    stored = visits.find_visits(work.connection, work.site.id, named)
    known = {
        visit_id: visit for visit_id, visit in stored.items() if is_usable_without_token(visit.id, visit, work.now)
    }
    for sent in (command.payload for command in commands):
        if (visit := known.get(sent.visit_id)) is not None:
            attrs = bounded_attrs({**(visit.attrs or {}), **sent.attrs})
            known[sent.visit_id] = replace(visit, attrs=attrs or None)
    changed = [visit for visit_id, visit in known.items() if visit != stored[visit_id]]
    visits.update_seen_visits(work.connection, work.site.id, changed)
    return [command.payload.visit_id in known for command in commands]
