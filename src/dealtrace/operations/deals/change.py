"""Change deals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.deals.changes import Change, apply_change, difference, stamp
from dealtrace.deals.custom_fields import split_by_known
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.errors import Refusal
from dealtrace.leads.lead_story import LeadStory
from dealtrace.operations.deals.find import find_deals
from dealtrace.operations.points import pay_for_calls, points_refusal
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.storage.accounts import custom_fields
from dealtrace.storage.deals import deals
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import lead_stories
from dealtrace.storage.visits.traffic_sources import intern_sources


@record
class ChangedDeal:
    """A deal as a change left it, with the story of its lead (`None`: it has no lead)."""

    deal: Deal
    story: LeadStory | None


def change_deals(
    connection: Connection,
    ids: IdBlocks,
    site: Site,
    commands: Sequence[WriteCommand[Change]],
    now: datetime,
    *,
    method: PaidMethod = PaidMethod.UPDATE_BY_ID,
) -> list[ChangedDeal | Refusal]:
    """Change deals; each outcome is the deal as it then stands, or a refusal. What they cost is up to `method`.

    Changes of one deal in a batch follow each other in the order of arrival, each with a version of its own. One
    that makes nothing different succeeds and stores nothing.
    """
    named = find_deals(connection, site, [command.payload.key for command in commands])
    paid = pay_for_calls(connection, site, method, len(named.found), now)
    ledger = _Ledger(site, now)
    standing = {position: ledger.change(deal, commands[position]) for position, deal in named.first(paid).items()}
    _store(connection, ids, site, ledger, now)
    unpaid = points_refusal(site, now)
    told = _with_stories(connection, site, standing)
    return [told.get(position) or named.refused.get(position, unpaid) for position in range(len(commands))]


def _with_stories(connection: Connection, site: Site, standing: Mapping[int, Deal]) -> dict[int, ChangedDeal]:
    stories = lead_stories.find_lead_stories(
        connection,
        site.id,
        [deal.lead for deal in standing.values() if deal.lead is not None],
        AttributionModel(site.attribution),
    )
    return {
        position: ChangedDeal(deal, stories.get(deal.lead) if deal.lead is not None else None)
        for position, deal in standing.items()
    }


class _Ledger:
    """Changes applied one after another, in memory; what they come to is stored at once."""

    def __init__(self, site: Site, now: datetime) -> None:
        self._site = site
        self._now = now
        self.current: dict[int, Deal] = {}
        self.versions: list[DealVersion] = []
        self.unknown: Counter[str] = Counter()

    def change(self, found: Deal, command: WriteCommand[Change]) -> Deal:
        """Apply one change to its deal as it stands by now, and return the result."""
        before = self.current.get(found.id, found)
        known, passed_over = split_by_known(command.payload.custom_values, self._site.custom_fields)
        self.unknown.update(passed_over)
        after = apply_change(command.payload, before, known)
        if after == before:
            return before
        after = stamp(before, after, self._now)
        self.current[after.id] = after
        told = difference(before, after)
        self.versions.append(
            DealVersion(after.id, after.version, VersionKind.CHANGED, self._now, command.token_id, *told)
        )
        return after


def _store(connection: Connection, ids: IdBlocks, site: Site, ledger: _Ledger, now: datetime) -> None:
    custom_fields.count_unknown_fields(connection, site.id, ledger.unknown, now)
    changed = list(ledger.current.values())
    if not changed:
        return
    stated = {deal.stated_source for deal in changed if deal.stated_source is not None}
    deals.update_deals(connection, site.id, changed, intern_sources(connection, ids, site.id, stated))
    store_versions(connection, site, ledger.versions)
