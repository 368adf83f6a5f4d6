"""`/set_attrs_by_get.php`: attach third-party parameters to a visit by its id, without the counter's script."""

from typing import TypedDict

from dealtrace.attribution.visit import VisitId
from dealtrace.counter.hit_parameters import ATTRS_TABLE, SentHit
from dealtrace.http.caller import Caller
from dealtrace.http.replies import Reply, success
from dealtrace.operations.visits.attach_attrs import VisitAttrs, attach_attrs

TABLE = ATTRS_TABLE


class AttachedAttrs(TypedDict):
    """The answer: `success` is true if the visit exists and at least one parameter was attached to it."""

    success: bool


async def respond(caller: Caller, sent: SentHit) -> Reply:
    """Attach the readable parameters to the visit, and answer whether any parameter was attached.

    Ours: the form of our answer is our own choice, since the vendor's answer is unknown. Web pages ignore the answer.
    """
    visit_id, attrs = sent.get("sessionId"), sent.get("attrs", {})
    is_attached = False
    if visit_id is not None and attrs:
        is_attached = await caller.write(attach_attrs, VisitAttrs(VisitId(int(visit_id)), attrs))
    answer: AttachedAttrs = {"success": is_attached}
    return success(answer, "attrs_attached" if is_attached else "attrs_dropped", site_id=caller.site.id)
