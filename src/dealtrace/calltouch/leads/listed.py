"""What the two lists of leads share: each lead is read, taken in and told of by itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.batches import Batch
from dealtrace.errors import InvalidParameters, Language, Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import Sent
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.leads.import_lists import Imported
from dealtrace.operations.work import Operation
from dealtrace.record import record

Incoming = IncomingCall | IncomingLeadRequest
Outcome = Call | LeadRequest | Refusal


@record
class LeadList:
    """How a list of leads is read, taken in and told of: `name` and `id_name` are a lead's own id there, and ours."""

    batch: Batch
    read: Callable[[Caller, Sent], Incoming]
    operation: Operation[Any, Any]
    name: str
    id_name: str


async def take_in(lead_list: LeadList, caller: Caller, items: Sequence[Any]) -> tuple[int, list[dict[str, Any]]]:
    """Take in the leads that can be read; return the number of the call in the log, and what became of each lead.

    Raises:
        PointsSpent: nothing was stored.
    """
    read = [_read(lead_list, caller, item) for item in items]
    good = [one for one in read if not isinstance(one, InvalidParameters)]
    imported: Imported = await caller.write(lead_list.operation, good, size=len(items))
    outcomes = iter(imported.outcomes)
    final: list[Outcome] = [one if isinstance(one, InvalidParameters) else next(outcomes) for one in read]
    told = [_told(lead_list, item, one, caller.language) for item, one in zip(items, final, strict=True)]
    return imported.log_id, told


def _read(lead_list: LeadList, caller: Caller, item: Any) -> Incoming | InvalidParameters:
    try:
        return lead_list.read(caller, lead_list.batch.read(item))
    except InvalidParameters as fault:
        return fault


def _told(lead_list: LeadList, item: Any, outcome: Outcome, language: Language) -> dict[str, Any]:
    """Tell what became of one lead.

    Ours: `imported` is what clients look at; the rest says which lead it is, and what is wrong with one that was not
    taken in, in the words of an error of its own. A name that is taken comes with our id of who has it.
    """
    said = item.get(lead_list.name) if isinstance(item, Mapping) else None
    name = said if isinstance(said, str | int | float) else None
    if not isinstance(outcome, Refusal):
        told = {lead_list.name: name, "imported": True, lead_list.id_name: outcome.id}
        return {**told, "errorCode": None, "error": None, "violations": []}
    violations = outcome.violations if isinstance(outcome, InvalidParameters) else ()
    return {
        lead_list.name: name,
        "imported": False,
        lead_list.id_name: outcome.facts.get("lead_id"),
        "errorCode": str(outcome.code),
        "error": outcome.text(language),
        "violations": [{"field": one.field, "message": one.text(language)} for one in violations],
    }


def count_taken_in(told: Sequence[Mapping[str, Any]]) -> int:
    """Count the leads that are there now."""
    return sum(one["imported"] for one in told)


def annotations_of(sent: Sent) -> Annotations:
    """Tell what the sender says of a lead beyond who and when."""
    stated = {part: sent[f"customSources.{part}"] for part in SOURCE_PARTS if f"customSources.{part}" in sent.values}
    return Annotations(
        manager=sent.get("manager"),
        comment=sent.get("comment.text"),
        tags=sent.get("addTags", ()),
        custom_values=sent.custom,
        stated_source=TrafficSource(**stated) if stated else None,
    )
