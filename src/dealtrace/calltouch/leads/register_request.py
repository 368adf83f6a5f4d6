"""`requests/{siteId}/register`: register a lead request from a form of the site, sent by the browser."""

from dealtrace import clock
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import UNKNOWN_ORIGIN, Origin
from dealtrace.attribution.visit import VisitId
from dealtrace.calltouch.answers.formats import utc_of_wall_clock
from dealtrace.calltouch.answers.lead_requests import registered_lead_request
from dealtrace.calltouch.parameters import REQUEST_REGISTER
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.leads.reference_spelling import names_nothing
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.storage.leads.lead_summaries import find_lead_summaries

TABLE = ParameterTable(REQUEST_REGISTER)
PERSON_NAMES = ("fio", "phoneNumber", "email")


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Register the lead request and answer with its values, under keys that the journal of lead requests also has."""
    taken: LeadRequest = await caller.write(register_lead_requests, read_lead_request(caller, sent))
    origin = await _find_origin(caller, taken) if taken.visit_id is not None else UNKNOWN_ORIGIN
    record = registered_lead_request(taken, sent, origin, caller.site)
    return success(record, "lead_request_taken_in", site_id=caller.site.id, lead_request_id=taken.id)


def read_lead_request(caller: Caller, sent: Sent) -> IncomingLeadRequest:
    """Build a lead request from the parameters; its time is now if no date was sent.

    Raises:
        InvalidParameters: the name, phone and e-mail are all missing.
    """
    visit_id = sent.get("sessionId")
    annotations = Annotations(comment=sent.get("comment"), tags=sent.get("tags", ()))
    return read_incoming_request(caller, sent, annotations, VisitId(visit_id) if visit_id is not None else None)


def read_incoming_request(
    caller: Caller, sent: Sent, annotations: Annotations, visit_id: VisitId | None = None
) -> IncomingLeadRequest:
    """Build a lead request from the parameters that all endpoints for it share; its time is now if no date was sent.

    Raises:
        InvalidParameters: the name, phone and e-mail are all missing.
    """
    check_person(sent)
    wall_clock = sent.get("requestDate")
    return IncomingLeadRequest(
        requested_at=utc_of_wall_clock(wall_clock, caller.site.time_zone) if wall_clock is not None else clock.now(),
        phone=sent.get("phoneNumber"),
        email=sent.get("email"),
        client_name=sent.get("fio"),
        number=sent.get("requestNumber"),
        form_name=sent.get("subject", ""),
        visit_id=visit_id,
        page_url=sent.get("requestUrl"),
        annotations=annotations,
        fingerprint=sent.fingerprint(),
    )


def check_person(sent: Sent) -> None:
    """Check that a lead request has a name, a phone or an e-mail, and not only words such as `undefined`.

    Raises:
        InvalidParameters: the name, phone and e-mail are all missing.
    """
    if not any((text := sent.get(name, "")).strip() and not names_nothing(text) for name in PERSON_NAMES):
        known = ", ".join(PERSON_NAMES)
        raise InvalidParameters(
            [Violation(PERSON_NAMES[1], f"нужно хотя бы одно: {known}", f"at least one of these is required: {known}")]
        )


async def _find_origin(caller: Caller, taken: LeadRequest) -> Origin:
    ref = LeadRef(LeadKind.LEAD_REQUEST, taken.id)
    summaries = await caller.read_newest(find_lead_summaries, [ref], AttributionModel(caller.site.attribution))
    return summaries[ref].origin if ref in summaries else UNKNOWN_ORIGIN
