"""The answers about lead requests: the reply to a submitted form, and the entries of the journal."""

from typing import Literal, TypedDict

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin
from dealtrace.calltouch.answers.annotations import (
    FieldAnswer,
    LeadRequestComment,
    TagGroup,
    field_answers,
    lead_request_comments,
    tag_groups,
)
from dealtrace.calltouch.answers.clients import LeadRequestClient, lead_request_client, stated_client
from dealtrace.calltouch.answers.deals import StoredOrder, stored_order
from dealtrace.calltouch.answers.formats import (
    Count,
    FourDecimals,
    Id,
    SlashedClock,
    epoch_ms,
    four_decimals,
    if_requested,
    slashed_clock,
    whole_rubles,
)
from dealtrace.calltouch.answers.sources import (
    CreditedSession,
    EarlierVisit,
    GoogleAds,
    LeadRequestSession,
    PublicLeadRequestSession,
    YandexDirect,
    credited_session,
    earlier_visit,
    google_ads,
    lead_request_session,
    public_lead_request_session,
    visitor_number,
    yandex_direct,
)
from dealtrace.deals.deal import Deal
from dealtrace.http.parameter_table import Sent
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.storage.journals.lead_entries import LeadEntry


class LeadRequestDeal(StoredOrder):
    """A deal of a lead request; `currentAmount` is the amount in whole rubles."""

    orderSum: FourDecimals | None
    orderStatus: str
    orderComments: str
    session: CreditedSession | None


class _LeadRequestRecord(TypedDict):
    """The keys that all answers about a lead request have in common."""

    date: int
    comments: list[LeadRequestComment]
    requestType: None
    dateStr: SlashedClock
    manager: str | None
    subject: str
    uniqTargetRequest: bool
    uniqueRequest: bool
    yandexDirect: YandexDirect | None
    googleAdWords: GoogleAds | None
    requestNumber: str
    requestId: Id
    client: LeadRequestClient
    siteId: Id
    orders: list[LeadRequestDeal]
    targetRequest: bool
    status: Literal["NOT_SET"]
    order: None
    mapVisits: list[EarlierVisit] | None
    requestUrl: str | None
    ctClientId: Count | None
    dcm: None
    ctGlobalId: None
    widgetInfo: None
    RequestTags: list[TagGroup] | None


class RegisteredLeadRequest(_LeadRequestRecord):
    """A lead request that was just registered by a form, without a token."""

    session: PublicLeadRequestSession | None


class LeadRequestRecord(_LeadRequestRecord):
    """A lead request in the journal; optional keys that were not requested are null."""

    session: LeadRequestSession
    hostname: str
    customFields: list[FieldAnswer] | None


LeadRequestsAnswer = list[LeadRequestRecord]


def lead_request_record(entry: LeadEntry, site: Site, model: AttributionModel, sent: Sent) -> LeadRequestRecord:
    """Build the journal's record of a lead request; an optional key is null unless its flag (`with…`) is set."""
    lead_request, origin, annotations = entry.lead, entry.origin, entry.annotations
    assert isinstance(lead_request, LeadRequest)
    visits = [earlier_visit(visit, site.time_zone) for visit in entry.visits]
    return {
        "date": epoch_ms(lead_request.requested_at),
        "comments": lead_request_comments(lead_request.id, annotations.comment),
        "requestType": None,
        "dateStr": slashed_clock(lead_request.requested_at, site.time_zone),
        "manager": annotations.manager,
        "session": lead_request_session(origin, site.time_zone, int(model), sent),
        "subject": lead_request.form_name,
        "uniqTargetRequest": entry.qualification.is_unique_target,
        "uniqueRequest": entry.qualification.is_unique,
        "yandexDirect": if_requested(sent, "withYandexDirect", yandex_direct(origin.credited)),
        "googleAdWords": if_requested(sent, "withGoogleAdwords", google_ads(origin.credited)),
        "requestNumber": lead_request.number,
        "requestId": lead_request.id,
        "client": lead_request_client(entry.client),
        "siteId": site.id,
        "orders": [_deal(deal, origin, site, model) for deal in entry.deals],
        "targetRequest": entry.qualification.is_target,
        "status": "NOT_SET",
        "order": None,
        "mapVisits": if_requested(sent, "withMapVisits", visits),
        "requestUrl": entry.page_url,
        "ctClientId": visitor_number(origin.details.visitor_id),
        "dcm": None,
        "ctGlobalId": None,
        "widgetInfo": None,
        "RequestTags": if_requested(sent, "withRequestTags", tag_groups(annotations.tags)),
        "hostname": origin.landing_host,
        "customFields": if_requested(sent, "withCustomFields", field_answers(annotations.custom_values)),
    }


def registered_lead_request(lead_request: LeadRequest, sent: Sent, origin: Origin, site: Site) -> RegisteredLeadRequest:
    """Build the answer of `requests/{siteId}/register`; its keys are also keys of the journal of lead requests.

    Ours: the caller has no token, so the answer only repeats what was sent and reveals no stored data about the person.
    """
    return {
        "date": epoch_ms(lead_request.requested_at),
        "comments": lead_request_comments(lead_request.id, sent.get("comment")),
        "requestType": None,
        "dateStr": slashed_clock(lead_request.requested_at, site.time_zone),
        "manager": None,
        "session": public_lead_request_session(origin, site.time_zone, site.attribution),
        "subject": lead_request.form_name,
        "uniqTargetRequest": False,
        "uniqueRequest": False,
        "yandexDirect": None,
        "googleAdWords": None,
        "requestNumber": lead_request.number,
        "requestId": lead_request.id,
        "client": stated_client(sent.get("fio", ""), sent.get("phoneNumber"), sent.get("email")),
        "siteId": site.id,
        "orders": [],
        "targetRequest": False,
        "status": "NOT_SET",
        "order": None,
        "mapVisits": None,
        "requestUrl": sent.get("requestUrl"),
        "ctClientId": None,
        "dcm": None,
        "ctGlobalId": None,
        "widgetInfo": None,
        "RequestTags": None,
    }


def _deal(deal: Deal, origin: Origin, site: Site, model: AttributionModel) -> LeadRequestDeal:
    """Build a deal of a lead request: its stored values, its comment and the source of its lead in one object."""
    return {
        **stored_order(deal, site.time_zone),
        "currentAmount": whole_rubles(deal.amount_rub),
        "orderSum": four_decimals(deal.amount_rub),
        "orderStatus": deal.status,
        "orderComments": deal.comment or "",
        "session": credited_session(origin, int(model)),
    }
