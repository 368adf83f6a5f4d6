"""Change deals."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import LeadVisit
from dealtrace.deals.changes import Change, apply_change, stamp
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion, VersionKind, next_version
from dealtrace.errors import Refusal
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.operations.deals.find import find_deals
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.reports.intern_statuses import intern_statuses
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.deals import deals
from dealtrace.storage.leads import lead_summaries
from dealtrace.storage.visits.credits import find_lead_visits
from dealtrace.storage.visits.traffic_sources import intern_sources


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
    """Change deals, and spend the points; each outcome is the changed deal or a refusal, in input order."""
    return apply_changes(work, commands, PaidMethod.UPDATE_BY_ID)


def apply_changes(
    work: Work, commands: Sequence[WriteCommand[Change]], method: PaidMethod
) -> list[ChangedDeal | Refusal]:
    """Change deals; each outcome is the changed deal or a refusal, in input order.

    Points (the API's quota) are spent as for calls of `method`. Several changes of one deal are applied in input order,
    each with its own version. A change that makes no difference succeeds and stores nothing.
    """
    named = find_deals(work.connection, work.site, [command.payload.key for command in commands])
    paid = pay_for_calls(work, method, len(named.found))
    ledger = Ledger(work)
    changed = {position: ledger.change(deal, commands[position]) for position, deal in named.first(paid).items()}
    ledger.store()
    unpaid = points_refusal(work)
    outcomes = _with_stories(work, changed)
    return [outcomes.get(position) or named.refused.get(position, unpaid) for position in range(len(commands))]


def _with_stories(work: Work, changed: Mapping[int, Deal]) -> dict[int, ChangedDeal]:
    refs = [deal.lead for deal in changed.values() if deal.lead is not None]
    model = AttributionModel(work.site.attribution)
    summaries = lead_summaries.find_lead_summaries(work.connection, work.site.id, refs, model)
    named = {-deal.visit_id: deal.visit_id for deal in changed.values() if deal.visit_id is not None}
    visits = find_lead_visits(work.connection, work.site.id, named, model) if named else {}
    return {
        position: ChangedDeal(
            deal,
            summaries.get(deal.lead) if deal.lead is not None else None,
            visits.get(-deal.visit_id) if deal.visit_id is not None else None,
        )
        for position, deal in changed.items()
    }


class Ledger:
    """Changes that are applied one after another in memory, and stored together."""

    def __init__(self, work: Work) -> None:
        """Create a ledger without changes."""
        self._work = work
        self._changed: dict[int, Deal] = {}
        self._versions: list[DealVersion] = []
        self._unknown: Counter[str] = Counter()

    def change(self, found: Deal, command: WriteCommand[Change]) -> Deal:
        """Apply a change to a deal, after its earlier changes in this ledger, and return the changed deal."""
        before = self._changed.get(found.id, found)
        values, unknown_names = split_by_known(command.payload.custom_values, self._work.site.custom_fields)
        self._unknown.update(unknown_names)
        after = apply_change(command.payload, before, values)
        if after == before:
            return before
        after = stamp(before, after, self._work.now, command.payload.status_since)
        self._changed[after.id] = after
        self._versions.append(
            next_version(before, after, VersionKind.CHANGED, token_id=command.token_id, user_id=command.user_id)
        )
        return after

    @property
    def changed(self) -> Mapping[int, Deal]:
        """The deals that have changed, by id, with all their changes applied."""
        return self._changed

    def store(self) -> None:
        """Store the latest state of the deals, and a version for each change."""
        work = self._work
        custom_fields.count_unknown_fields(work.connection, work.site.id, self._unknown, work.now)
        changed = list(self._changed.values())
        if not changed:
            return
        stated = {deal.stated_source for deal in changed if deal.stated_source is not None}
        source_ids = intern_sources(work.connection, work.ids, work.site.id, stated)
        deals.update_deals(work.connection, work.site.id, changed, source_ids)
        intern_statuses(work, {version.after["status"] for version in self._versions if "status" in version.after})
        store_versions(work, self._versions)
