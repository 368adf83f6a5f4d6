"""Store new deals with everything that follows from them: traffic sources, statuses and first versions."""

from collections.abc import Sequence

from dealtrace.deals.versions import DealVersion
from dealtrace.operations.deals.intern_statuses import intern_statuses
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work
from dealtrace.storage.deals.deal_rows import DealToInsert
from dealtrace.storage.deals.deals import insert_deals
from dealtrace.storage.visits.traffic_sources import intern_sources


def store_new_deals(work: Work, rows: Sequence[DealToInsert], versions: Sequence[DealVersion]) -> None:
    """Store new deals and the first version of each, and publish these versions to webhooks."""
    stated = {row.deal.stated_source for row in rows if row.deal.stated_source is not None}
    source_ids = intern_sources(work.connection, work.ids, work.site.id, stated)
    insert_deals(work.connection, work.site.id, rows, source_ids)
    intern_statuses(work, {row.deal.status for row in rows})
    store_versions(work, versions)
