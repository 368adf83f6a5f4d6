"""Delete deals; what is deleted is hidden, and can be restored."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dealtrace.deals.deal import Deal, DealKey
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.errors import DealNotFound, Refusal
from dealtrace.operations.deals.find import find_deals
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.deals import deals


@operation(ids_per_command=0)
def delete_deals(work: Work, commands: Sequence[WriteCommand[DealKey]]) -> list[Deal | Refusal]:
    """Delete deals; each outcome is the deal that is gone now, or a refusal.

    Deleting frees the number. Of two wishes in a batch that name one deal, the second finds nothing.
    Seed: «Удаленных сделок так же не будет в API-методе выгрузки сделок».
    """
    named = find_deals(work.connection, work.site, [command.payload for command in commands])
    doomed: dict[int, int] = {}
    for position, deal in named.found.items():
        doomed.setdefault(deal.id, position)
    paid = pay_for_calls(work, PaidMethod.DELETE_BY_ID, len(doomed))
    gone = {position: _hidden(named.found[position], work.now) for position in list(doomed.values())[:paid]}
    deals.stamp_deals(work.connection, work.site.id, list(gone.values()))
    versions = [_version(deal, commands[position].token_id) for position, deal in gone.items()]
    store_versions(work, versions)
    unpaid = points_refusal(work)
    late = {
        position: DealNotFound(key=f"orderId={deal.id}")
        for position, deal in named.found.items()
        if doomed[deal.id] in gone
    }
    outcomes: dict[int, Deal | Refusal] = {**named.refused, **late, **gone}
    return [outcomes.get(position, unpaid) for position in range(len(commands))]


def _hidden(deal: Deal, now: datetime) -> Deal:
    return replace(deal, deleted_at=now, touched_at=now, version=deal.version + 1)


def _version(deal: Deal, token_id: int | None) -> DealVersion:
    told = ({"deleted_at": None}, {"deleted_at": deal.deleted_at})
    return DealVersion(deal.id, deal.version, VersionKind.DELETED, deal.touched_at, token_id, *told)
