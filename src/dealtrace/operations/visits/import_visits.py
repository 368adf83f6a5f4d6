"""Import visits that another system counted."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.assigned_ids import OWN_VISIT_IDS
from dealtrace.attribution.visit import Visit
from dealtrace.errors import Refusal
from dealtrace.operations.import_file import NoteAdded, ignore_added_rows, refusal_of_other_values, refusal_of_own_id
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.operations.work import Work
from dealtrace.storage.visits.visits import find_visits

IDS_PER_VISIT_MAX = 1
"""The maximum number of new ids that a visit takes: one for its traffic source."""


def import_visits(
    work: Work, visits: Sequence[Visit], *, note_added: NoteAdded = ignore_added_rows
) -> Sequence[Visit | Refusal]:
    """Import visits; each outcome is a visit or a refusal, in input order.

    The credit for leads that may have come from the new visits is divided again. Stored visits are not changed.
    `note_added` gets the ids of the new visits.
    """
    known = find_visits(work.connection, work.site.id, [visit.id for visit in visits])
    new: list[Visit] = []
    outcomes: list[Visit | Refusal] = []
    for visit in visits:
        if visit.id in OWN_VISIT_IDS:
            outcomes.append(refusal_of_own_id("sessionId", visit.id, OWN_VISIT_IDS.start))
        elif visit.id not in known:
            known[visit.id] = visit
            new.append(visit)
            outcomes.append(visit)
        else:
            outcomes.append(
                visit if _is_same(known[visit.id], visit) else refusal_of_other_values("sessionId", visit.id)
            )
    if new:
        store_visits(work, new)
        note_added([visit.id for visit in new])
    return outcomes


def _is_same(stored: Visit, imported: Visit) -> bool:
    """Return whether a stored visit may come from the row of `imported`.

    Values that files do not contain are not compared. A source that was found from URLs is not compared either, as it
    depends on the site's hosts and on the rules of the release that found it.
    """
    compared = replace(
        stored,
        attrs=imported.attrs,
        seen_at=imported.seen_at,
        click_ids=imported.click_ids,
        has_stated_source=imported.has_stated_source if stored.has_stated_source is None else stored.has_stated_source,
    )
    if not imported.has_stated_source:
        compared = replace(compared, traffic_source=imported.traffic_source, utm=imported.utm)
    return compared == imported
