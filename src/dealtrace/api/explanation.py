"""`GET /api/deals/{orderId}/explanation`: explain why a deal has its lead, or has no lead."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.answers.explanation import ExplanationAnswer, serialize_explanation
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.parameter_types import Integer
from dealtrace.http.replies import Reply, success
from dealtrace.operations.deals.find import find_deal
from dealtrace.operations.matching.explain import Explanation, explain_deal
from dealtrace.quota.points import PaidMethod

TABLE = ParameterTable(())
DEAL = "orderId"


class DealExplanation(ExplanationAnswer):
    """The explanation of why a deal has its lead, or has no lead; times are in UTC."""

    orderId: int
    orderNumber: str


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with an explanation of why the deal has its current lead, even if the deal is deleted."""
    del sent
    explanation = await caller.read(_explain, caller.site, _deal_id(caller.path_params[DEAL]))
    await caller.pay_for_reading(PaidMethod.EXPLANATION)
    deal = explanation.deal
    answer: DealExplanation = {"orderId": deal.id, "orderNumber": deal.number, **serialize_explanation(explanation)}
    return success(answer, "deal_explained", site_id=caller.site.id, deal_id=deal.id)


def _deal_id(text: str) -> int:
    try:
        return Integer(1).read(text)
    except InvalidValue as fault:
        raise InvalidParameters([Violation(DEAL, fault.ru, fault.en)]) from fault


def _explain(connection: Connection, site_id: int, site: Site, deal_id: int) -> Explanation:
    del site_id
    return explain_deal(connection, site, find_deal(connection, site, deal_id, with_deleted=True, lock=False))
