"""The results for the items of a list, and other short answers about leads."""

from typing import TypedDict

from dealtrace.calltouch.answers.formats import Id
from dealtrace.calltouch.error_body import FieldViolation, field_violations
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.errors import InvalidParameters, Language, Refusal
from dealtrace.leads.call import Call
from dealtrace.leads.lead import KIND_NAMES, LeadKind, LeadKindName, LeadRef
from dealtrace.leads.lead_request import LeadRequest

ImportedLead = Call | LeadRequest


class _Outcome(TypedDict):
    """The error of a refused item and its violations; if the item was accepted, null and an empty list."""

    errorCode: str | None
    error: str | None
    violations: list[FieldViolation]


class ImportedCall(_Outcome):
    """The result for a call: the id that the sender gave it, whether the call was stored, and our id.

    If another call already has the id that the sender gave, `callId` is our id of that other call.
    """

    referenceId: SentScalar
    imported: bool
    callId: Id | None


class ImportedLeadRequest(_Outcome):
    """The result for a lead request: the id that the sender gave it, whether it was stored, and our id.

    If another lead request already has the id that the sender gave, `requestId` is our id of that other lead request.
    """

    requestNumber: SentScalar
    imported: bool
    requestId: Id | None


class AnnotatedLead(_Outcome):
    """The result for an item of the list: whether its lead was annotated, and the lead's kind and id."""

    updated: bool
    leadType: LeadKindName | None
    leadId: Id | None


class ImportedCalls(TypedDict):
    """The results for a list of calls, in input order; `logId` is the id of the import in the import log."""

    logId: Id
    calls: list[ImportedCall]


class ImportedLeadRequests(TypedDict):
    """The results for a list of lead requests, in input order."""

    requests: list[ImportedLeadRequest]


class AnnotatedLeads(TypedDict):
    """The results for a list of leads, in input order."""

    leads: list[AnnotatedLead]


class CommentedLeads(TypedDict):
    """The results for a list of comments, in input order."""

    comments: list[AnnotatedLead]


class CallsImport(TypedDict):
    """The answer of `call/import`."""

    data: ImportedCalls


class LeadRequestsImport(TypedDict):
    """The answer of `request/create`."""

    data: ImportedLeadRequests


class LeadsAnnotation(TypedDict):
    """The answer of the endpoints that add tags, managers or custom fields to leads."""

    data: AnnotatedLeads


class LeadsCommenting(TypedDict):
    """The answer of the endpoint that adds comments to leads."""

    data: CommentedLeads


class ClearedCall(TypedDict):
    """A call and the custom fields that were cleared."""

    callId: Id
    customFields: list[str]


class ClearedLeadRequest(TypedDict):
    """A lead request and the custom fields that were cleared."""

    requestId: Id
    customFields: list[str]


class ClearedDeal(TypedDict):
    """A deal and the custom fields that were cleared."""

    orderId: Id
    customFields: list[str]


class RegisteredWidgetRequest(TypedDict):
    """The id of the lead request that was registered from a form of the widget."""

    widgetRequestId: Id


class WidgetRequest(TypedDict):
    """The answer of `widget-request/user-form/create`."""

    data: RegisteredWidgetRequest


class FieldsClearing(TypedDict):
    """The answer of `customfield/delete`: the lead or deal, and the custom fields that were cleared."""

    data: ClearedCall | ClearedLeadRequest | ClearedDeal


class Node(TypedDict):
    """The answer of `getnodeid`."""

    nodeId: int


def imported_call(name: SentScalar, outcome: ImportedLead | Refusal, language: Language) -> ImportedCall:
    """Build the result for a call; `name` is the id that the sender gave it."""
    return {
        "referenceId": name,
        "imported": not isinstance(outcome, Refusal),
        "callId": _lead_id(outcome),
        **_outcome(outcome if isinstance(outcome, Refusal) else None, language),
    }


def imported_lead_request(name: SentScalar, outcome: ImportedLead | Refusal, language: Language) -> ImportedLeadRequest:
    """Build the result for a lead request; `name` is the id that the sender gave it."""
    return {
        "requestNumber": name,
        "imported": not isinstance(outcome, Refusal),
        "requestId": _lead_id(outcome),
        **_outcome(outcome if isinstance(outcome, Refusal) else None, language),
    }


def _lead_id(outcome: ImportedLead | Refusal) -> int | None:
    """Return our id of the lead that was stored, or `None` if the lead was refused.

    Ours: if another lead already has the id that the sender gave, the result has our id of that other lead. Clients
    learn from the key `imported`, not from an id, whether the lead was stored.
    """
    if not isinstance(outcome, Refusal):
        return outcome.id
    lead_id = outcome.facts.get("lead_id")
    return lead_id if isinstance(lead_id, int) else None


def annotated_lead(outcome: LeadRef | Refusal, language: Language) -> AnnotatedLead:
    """Build the result for an item; `outcome` is the lead that was annotated, or the refusal of the item."""
    if isinstance(outcome, Refusal):
        return {"updated": False, "leadType": None, "leadId": None, **_outcome(outcome, language)}
    return {"updated": True, "leadType": KIND_NAMES[outcome.kind], "leadId": outcome.id, **_outcome(None, language)}


def _outcome(refusal: Refusal | None, language: Language) -> _Outcome:
    if refusal is None:
        return {"errorCode": None, "error": None, "violations": []}
    violations = field_violations(refusal, language) if isinstance(refusal, InvalidParameters) else []
    return {"errorCode": str(refusal.code), "error": refusal.text(language), "violations": violations}


def fields_clearing(kind: LeadKind | None, owner_id: int, names: list[str]) -> FieldsClearing:
    """Build the answer of `customfield/delete` for a lead of this `kind` or, if `kind` is `None`, for a deal."""
    match kind:
        case LeadKind.CALL:
            return {"data": {"callId": owner_id, "customFields": names}}
        case LeadKind.LEAD_REQUEST:
            return {"data": {"requestId": owner_id, "customFields": names}}
        case None:
            return {"data": {"orderId": owner_id, "customFields": names}}
