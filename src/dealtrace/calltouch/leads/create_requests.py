"""`request/create`: import lead requests from a program that has a token, up to 100 at once."""

from collections.abc import Sequence

from dealtrace.calltouch.answers.outcomes import LeadRequestsImport, imported_lead_request
from dealtrace.calltouch.json_bodies import LeadItem, LeadListFormat
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.calltouch.leads.lead_list import LeadList, import_leads, read_annotations
from dealtrace.calltouch.leads.register_request import read_incoming_request
from dealtrace.calltouch.parameters import CUSTOM, REQUEST_CREATE
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.leads.import_lists import import_lead_requests


class RequestItem(LeadItem, frozen=True, rename="camel"):
    """One lead request of the list."""

    request_number: SentScalar = None
    subject: SentScalar = None
    request_url: SentScalar = None
    request_date: SentScalar = None
    phone_number: SentScalar = None
    email: SentScalar = None
    fio: SentScalar = None


def read_lead_request(caller: Caller, sent: Sent) -> IncomingLeadRequest:
    """Build a lead request from the parameters; its time is now if no date was sent.

    Raises:
        InvalidParameters: the name, phone and e-mail are all missing.
    """
    return read_incoming_request(caller, sent, read_annotations(sent))


TABLE = ParameterTable(REQUEST_CREATE, family=CUSTOM)
BATCH = LeadListFormat("requests", RequestItem, TABLE)
LEAD_LIST = LeadList(BATCH, read_lead_request, import_lead_requests, name="requestNumber", result=imported_lead_request)


async def respond(caller: Caller, items: Sequence[object]) -> Reply:
    """Store the valid lead requests and answer with a result for each item, in input order."""
    log_id, lead_requests = await import_leads(LEAD_LIST, caller, items)
    answer: LeadRequestsImport = {"data": {"requests": lead_requests}}
    stored = sum(lead_request["imported"] for lead_request in lead_requests)
    facts = {"site_id": caller.site.id, "log_id": log_id, "leads": len(lead_requests), "taken_in": stored}
    return success(answer, "lead_requests_created", **facts)
