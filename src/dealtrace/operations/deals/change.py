"""Change deals."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import LeadVisit
from dealtrace.deals.changes import Change, apply_change
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.versions import DealVersion, VersionKind, next_version, stamp
from dealtrace.errors import Refusal
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.operations.deals.find import find_deals
from dealtrace.operations.deals.store import store_changes
from dealtrace.operations.spend_points import pay_for_calls, points_refusal
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.leads import lead_summaries
from dealtrace.storage.visits.credits import find_deal_visits


@record
class ChangedDeal:
    """A deal after a change.

    `lead_summary` has the client and the visits of the deal's lead, or is `None` if there is no lead. `visit` is the
    visit to which a deal without a lead was matched, or `None`.
    """

    deal: Deal
    lead_summary: LeadSummary | None
    visit: LeadVisit | None = None


@operation(ids_per_command=1)
def change_deals(work: Work, commands: Sequence[WriteCommand[Change]]) -> list[ChangedDeal | Refusal]:
    """Change deals for API calls, which cost points; each outcome is the changed deal or a refusal, in input order."""
    return apply_changes(work, commands, PaidMethod.UPDATE_BY_ID)


def apply_changes(
    work: Work, commands: Sequence[WriteCommand[Change]], method: PaidMethod
) -> list[ChangedDeal | Refusal]:
    """Change deals; each outcome is the changed deal or a refusal, in input order.

    Points (the API's daily quota) are spent as for API calls of `method`. Several changes to one deal are applied in
    input order, each with its own version. A change that makes no difference succeeds and stores nothing.
    """
    named = find_deals(work, [command.payload.key for command in commands])
    paid = pay_for_calls(work, method, len(named.found))
    pending = PendingDealChanges(work)
    changed = {position: pending.change(deal, commands[position]) for position, deal in named.first(paid).items()}
    pending.store()
    unpaid = points_refusal(work)
    outcomes = _with_lead_summaries(work, changed)
    return [outcomes.get(position) or named.refused.get(position, unpaid) for position in range(len(commands))]


def _with_lead_summaries(work: Work, changed: Mapping[int, Deal]) -> dict[int, ChangedDeal]:
    refs = [deal.lead for deal in changed.values() if deal.lead is not None]
    model = AttributionModel(work.site.attribution)
    summaries = lead_summaries.find_lead_summaries(work.connection, work.site.id, refs, model)
    visits = find_deal_visits(work.connection, work.site.id, changed.values(), model)
    return {
        position: ChangedDeal(
            deal,
            summaries.get(deal.lead) if deal.lead is not None else None,
            visits.get(deal.id),
        )
        for position, deal in changed.items()
    }


class PendingDealChanges:
    """Changes that are applied one after another in memory, and stored together."""

    def __init__(self, work: Work) -> None:
        """Begin without changes."""
        self._work = work
        self._found: dict[DealId, Deal] = {}
        self._changed: dict[DealId, Deal] = {}
        self._versions: list[DealVersion] = []
        self._unknown: Counter[str] = Counter()

    def differs(self, found: Deal, change: Change) -> bool:
        """Return whether a change would make a difference to a deal after its earlier pending changes."""
        before = self._changed.get(found.id, found)
        values, _ = split_by_known(change.custom_values, self._work.site.custom_fields)
        return apply_change(change, before, values) != before

    def change(self, found: Deal, command: WriteCommand[Change]) -> Deal:
        """Apply a change to a deal, after its earlier pending changes, and return the changed deal."""
        before = self._changed.get(found.id, found)
        values, unknown_names = split_by_known(command.payload.custom_values, self._work.site.custom_fields)
        self._unknown.update(unknown_names)
        after = apply_change(command.payload, before, values)
        if after == before:
            return before
        after = stamp(before, after, self._work.now, command.payload.status_since)
        self._found.setdefault(found.id, found)
        self._changed[after.id] = after
        self._versions.append(
            next_version(before, after, VersionKind.CHANGED, token_id=command.token_id, user_id=command.user_id)
        )
        return after

    def store(self) -> Mapping[DealId, Deal]:
        """Store the changes, with a version for each, and return the changed deals as stored, by id."""
        work = self._work
        custom_fields.count_unknown_fields(work.connection, work.site.id, self._unknown, work.now)
        changes = [(found, self._changed[deal_id]) for deal_id, found in self._found.items()]
        return store_changes(work, changes, self._versions)
