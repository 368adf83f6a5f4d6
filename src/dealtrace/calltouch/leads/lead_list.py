"""Import lists of leads: each lead is parsed, stored and answered separately."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.answers.outcomes import ImportedLead
from dealtrace.calltouch.json_bodies import LeadListFormat, outcomes_in_order, read_or_refuse
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.errors import InvalidParameters, Language, Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.journal_note import note_refused_items
from dealtrace.http.parameter_table import Sent
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.leads.import_lists import Imported
from dealtrace.operations.work import AnyOperation
from dealtrace.record import record

Incoming = IncomingCall | IncomingLeadRequest
Result = TypeVar("Result")


@record
class LeadList(Generic[Result]):
    """The functions that parse and store a list of leads and build its results.

    `name` is the key under which an item of the list has the id that the sender gave the lead.
    """

    batch: LeadListFormat
    read: Callable[[Caller, Sent], Incoming]
    operation: AnyOperation
    name: str
    result: Callable[[SentScalar, ImportedLead | Refusal, Language], Result]


async def import_leads(
    lead_list: LeadList[Result], caller: Caller, items: Sequence[object]
) -> tuple[int, list[Result]]:
    """Store the valid leads; return the id of the import in the import log, and a result for each item in input order.

    Raises:
        PointsSpent: the site has no API points left today; nothing was stored.
    """
    read = [read_or_refuse(_read, lead_list, caller, item) for item in items]
    valid = [lead for lead in read if not isinstance(lead, InvalidParameters)]
    imported: Imported = await caller.write(lead_list.operation, valid, size=len(items))
    final = outcomes_in_order(read, imported.outcomes)
    note_refused_items(caller.scope, final, items)
    results = [_result(lead_list, item, outcome, caller.language) for item, outcome in zip(items, final, strict=True)]
    return imported.log_id, results


def _read(lead_list: LeadList[Result], caller: Caller, item: object) -> Incoming:
    return lead_list.read(caller, lead_list.batch.read(item))


def _result(lead_list: LeadList[Result], item: object, outcome: ImportedLead | Refusal, language: Language) -> Result:
    name = item.get(lead_list.name) if isinstance(item, Mapping) else None
    return lead_list.result(name if isinstance(name, str | int | float) else None, outcome, language)


def read_annotations(sent: Sent) -> Annotations:
    """Return the annotations that were sent with a lead."""
    stated = {part: sent[f"customSources.{part}"] for part in SOURCE_PARTS if f"customSources.{part}" in sent.values}
    return Annotations(
        manager=sent.get("manager"),
        comment=sent.get("comment.text"),
        tags=sent.get("addTags", ()),
        custom_values=sent.custom,
        stated_source=TrafficSource(**stated) if stated else None,
    )
