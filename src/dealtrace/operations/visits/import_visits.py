"""Import visits that another system counted."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.own_ids import OWN_VISIT_IDS
from dealtrace.attribution.visit import Visit
from dealtrace.errors import Refusal
from dealtrace.operations.import_file import refusal_of_other_values, refusal_of_own_id
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.operations.work import Work
from dealtrace.storage.visits.visits import find_visits

IDS_PER_VISIT_MAX = 1
"""The maximum number of new ids that a visit takes: one for its traffic source."""


def import_visits(work: Work, visits: Sequence[Visit]) -> Sequence[Visit | Refusal]:
    """Import visits; each outcome is a visit or a refusal, in input order.

    The credit for leads that may have come from the new visits is divided again. Stored visits are not changed.
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
            is_same = _as_imported(known[visit.id]) == _as_imported(visit)
            outcomes.append(visit if is_same else refusal_of_other_values("sessionId", visit.id))
    if new:
        store_visits(work, new)
    return outcomes


def _as_imported(visit: Visit) -> Visit:
    """Return a stored visit without the values that files lack, so that it can be compared with an imported visit."""
    return replace(visit, attrs=None, seen_at=None, click_ids=dict(visit.click_ids))
