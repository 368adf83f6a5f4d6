"""Add to what is said of leads: tags, managers, comments, values of custom fields; and take such values away."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.errors import FaultyParameters, LeadNotMatched, PointsSpent, Refusal, Violation
from dealtrace.leads.annotations import Addition, Remarks, with_addition
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.lead_search import LeadSearch
from dealtrace.operations.leads.find import FoundLeads, find_leads
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.webhooks.publish import tell_webhooks
from dealtrace.operations.write_command import Wish
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads.annotations import update_remarks
from dealtrace.webhooks.event import remarks_event

COMMENT_LENGTH_MAX = 100_000
"""Ours: what all comments of a lead may come to."""
MANAGER_LENGTH_MAX = 1024
TAGS_MAX = 1000


@record
class Remarking:
    """What is to be added to one lead, which is named by the searches."""

    searches: tuple[LeadSearch, ...]
    addition: Addition


@record
class RemarkingCall:
    """One call of the API: additions to leads, each standing or falling alone."""

    method: PaidMethod
    remarkings: Sequence[Remarking]


Remarked = list[LeadRef | Refusal]


def remark_leads(
    connection: Connection, ids: IdBlocks, site: Site, wishes: Sequence[Wish[RemarkingCall]], now: datetime
) -> list[Remarked | PointsSpent]:
    """Add to leads, in the order of arrival; the outcome of a call is what became of each of its additions.

    A call costs points once if any lead was found, and nothing otherwise.
    """
    del ids
    outcomes: list[Remarked | PointsSpent] = []
    for wish in wishes:
        call = wish.asked
        found = find_leads(connection, site, [one.searches for one in call.remarkings])
        if any(found.refs) and not pay_for_calls(connection, site, call.method, 1, now):
            outcomes.append(points_refusal(site, now))
            continue
        outcomes.append(_add(connection, site, call.remarkings, found, now))
    return outcomes


def _add(
    connection: Connection, site: Site, remarkings: Sequence[Remarking], found: FoundLeads, now: datetime
) -> Remarked:
    standing: dict[LeadRef, Remarks] = {}
    unknown: Counter[str] = Counter()
    outcomes: Remarked = []
    for one, ref in zip(remarkings, found.refs, strict=True):
        if ref is None:
            outcomes.append(LeadNotMatched())
            continue
        known, passed_over = split_by_known(one.addition.custom_values, site.custom_fields)
        unknown.update(passed_over)
        after = with_addition(standing.get(ref, found.said[ref].remarks), one.addition, known)
        fault = _beyond_limits(after)
        if fault is None:
            standing[ref] = after
        outcomes.append(ref if fault is None else FaultyParameters([fault]))
    custom_fields.count_unknown_fields(connection, site.id, unknown, now)
    changed = {ref: said for ref, said in standing.items() if said != found.said[ref].remarks}
    update_remarks(connection, site.id, changed)
    events = [remarks_event(ref, found.said[ref].remarks, said) for ref, said in changed.items()]
    tell_webhooks(connection, site, events, now)
    return outcomes


def _beyond_limits(said: Remarks) -> Violation | None:
    sizes: Mapping[str, tuple[int, int]] = {
        "comment": (len(said.comment or ""), COMMENT_LENGTH_MAX),
        "manager": (len(said.manager or ""), MANAGER_LENGTH_MAX),
        "tags": (len(said.tags), TAGS_MAX),
    }
    for name, (size, most) in sizes.items():
        if size > most:
            return Violation(
                name, f"у лида стало бы {size}, допускается {most}", f"the lead would have {size}, {most} at most"
            )
    return None
