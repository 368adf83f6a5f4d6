"""`orders/update-by-id`: change a deal.

Vendor: «API-метод для обновления существующих сделок».
"""

from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.calltouch.answers.deals import changed_order
from dealtrace.calltouch.parameters import CUSTOM, UPDATE_BY_ID
from dealtrace.deals.changes import UNSET, Change
from dealtrace.deals.deal_key import DealKey, named_as_sent
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.operations.deals.change import ChangedDeal, change_deals

TABLE = ParameterTable(UPDATE_BY_ID, empty_erases=True, family=CUSTOM)


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Change the deal and answer with the deal, its client and the source of its lead."""
    change = read_change(sent)
    changed: ChangedDeal = await caller.write(change_deals, change)
    deal = named_as_sent(changed.deal, change.key)
    order = changed_order(deal, changed.lead_summary, changed.visit, caller.site.time_zone, caller.site.attribution)
    return success(order, "deal_changed", site_id=caller.site.id, deal_id=changed.deal.id)


def read_change(sent: Sent) -> Change:
    """Build a change from the parameters: an absent parameter keeps the stored value, an empty parameter erases it."""
    return Change(
        key=DealKey(sent.get("orderId"), sent.get("orderNumber")),
        amount_rub=sent.get("orderSum", UNSET),
        status=sent.get("status", UNSET),
        service=sent.get("service", UNSET),
        manager=sent.get("manager", UNSET),
        comment=sent.get("comment", UNSET),
        tags=sent.get("tags", UNSET),
        custom_values=sent.custom,
        source_parts={part: sent[part] for part in SOURCE_PARTS if part in sent.values},
    )
