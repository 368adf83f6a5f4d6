"""What became of each item of a list, and other short answers on leads."""

from typing import Literal, TypedDict

from dealtrace.calltouch.answers.formats import Id
from dealtrace.calltouch.error_body import FieldViolation, field_violations
from dealtrace.errors import InvalidParameters, Language, Refusal
from dealtrace.leads.lead import LeadKind, LeadRef

SentName = str | int | float | None
"""The caller's own name of a lead, as it was sent."""


class _Outcome(TypedDict):
    """Why an item was refused: all null and empty if it was not."""

    errorCode: str | None
    error: str | None
    violations: list[FieldViolation]


class ImportedCall(_Outcome):
    """A call of a list: its own id, whether it is stored, our id. A call whose own id is taken gets our id of that."""

    referenceId: SentName
    imported: bool
    callId: Id | None


class ImportedLeadRequest(_Outcome):
    """A lead request of a list, likewise."""

    requestNumber: SentName
    imported: bool
    requestId: Id | None


class AnnotatedLead(_Outcome):
    """A lead of a list, found and annotated, or not."""

    updated: bool
    leadType: Literal["call", "request"] | None
    leadId: Id | None


class ImportedCalls(TypedDict):
    """What became of the calls of a list."""

    logId: Id
    calls: list[ImportedCall]


class ImportedLeadRequests(TypedDict):
    """What became of the lead requests of a list."""

    requests: list[ImportedLeadRequest]


class AnnotatedLeads(TypedDict):
    """What became of the leads of a list."""

    leads: list[AnnotatedLead]


class CommentedLeads(TypedDict):
    """What became of the leads that comments were sent for."""

    comments: list[AnnotatedLead]


class CallsImport(TypedDict):
    """The answer of `call/import`; `logId` is the number of the import in the log."""

    data: ImportedCalls


class LeadRequestsImport(TypedDict):
    """The answer of `request/create`."""

    data: ImportedLeadRequests


class LeadsAnnotation(TypedDict):
    """The answer of the methods that add tags, managers or custom fields to leads."""

    data: AnnotatedLeads


class LeadsCommenting(TypedDict):
    """The answer of the method that adds comments to leads."""

    data: CommentedLeads


class ClearedCall(TypedDict):
    """A call without these fields."""

    callId: Id
    customFields: list[str]


class ClearedLeadRequest(TypedDict):
    """A lead request without these fields."""

    requestId: Id
    customFields: list[str]


class ClearedDeal(TypedDict):
    """A deal without these fields."""

    orderId: Id
    customFields: list[str]


class RegisteredWidgetRequest(TypedDict):
    """The lead request that a form of the widget became."""

    widgetRequestId: Id


class WidgetRequest(TypedDict):
    """The answer of `widget-request/user-form/create`."""

    data: RegisteredWidgetRequest


class FieldsClearing(TypedDict):
    """The answer of `customfield/delete`: the lead or deal, and the fields that are empty now."""

    data: ClearedCall | ClearedLeadRequest | ClearedDeal


class Node(TypedDict):
    """The answer of `getnodeid`."""

    nodeId: int


def imported_call(name: SentName, call_id: int | None, refusal: Refusal | None, language: Language) -> ImportedCall:
    """Build what became of a call; `refusal` is why it was not stored."""
    return {"referenceId": name, "imported": refusal is None, "callId": call_id, **_outcome(refusal, language)}


def imported_lead_request(
    name: SentName, lead_request_id: int | None, refusal: Refusal | None, language: Language
) -> ImportedLeadRequest:
    """Build what became of a lead request; `refusal` is why it was not stored."""
    return {
        "requestNumber": name,
        "imported": refusal is None,
        "requestId": lead_request_id,
        **_outcome(refusal, language),
    }


def annotated_lead(outcome: LeadRef | Refusal, language: Language) -> AnnotatedLead:
    """Build what became of a lead that was to be annotated."""
    if isinstance(outcome, Refusal):
        return {"updated": False, "leadType": None, "leadId": None, **_outcome(outcome, language)}
    lead_type: Literal["call", "request"] = "call" if outcome.kind is LeadKind.CALL else "request"
    return {"updated": True, "leadType": lead_type, "leadId": outcome.id, **_outcome(None, language)}


def _outcome(refusal: Refusal | None, language: Language) -> _Outcome:
    if refusal is None:
        return {"errorCode": None, "error": None, "violations": []}
    violations = field_violations(refusal, language) if isinstance(refusal, InvalidParameters) else []
    return {"errorCode": str(refusal.code), "error": refusal.text(language), "violations": violations}


def fields_clearing(kind: LeadKind | None, owner_id: int, names: list[str]) -> FieldsClearing:
    """Build the answer of `customfield/delete`; without a kind the owner is a deal."""
    match kind:
        case LeadKind.CALL:
            return {"data": {"callId": owner_id, "customFields": names}}
        case LeadKind.LEAD_REQUEST:
            return {"data": {"requestId": owner_id, "customFields": names}}
        case None:
            return {"data": {"orderId": owner_id, "customFields": names}}
