"""`orders/delete-by-id`: delete a deal.

Vendor: «API-метод необходим для удаления сделки из всех отчетов Calltouch».
"""

from dealtrace.calltouch.answers.deals import deleted_order
from dealtrace.calltouch.parameters import DELETE_BY_ID
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey, named_as_sent
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.operations.deals.delete import delete_deals

TABLE = ParameterTable(DELETE_BY_ID)


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Delete the deal and answer with its id and number.

    The vendor documents no answer; the only public client that calls this method expects JSON.
    """
    key = DealKey(sent.get("orderId"), sent.get("orderNumber"))
    deleted: Deal = await caller.write(delete_deals, key)
    return success(
        deleted_order(named_as_sent(deleted, key)), "deal_deleted", site_id=caller.site.id, deal_id=deleted.id
    )
