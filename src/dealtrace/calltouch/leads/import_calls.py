"""`call/import`: import calls from another platform, up to 100 at once."""

from collections.abc import Sequence
from datetime import timedelta

from dealtrace.calltouch.answers.formats import utc_of_wall_clock, whole_seconds
from dealtrace.calltouch.answers.outcomes import CallsImport, imported_call
from dealtrace.calltouch.json_bodies import LeadItem, LeadListFormat
from dealtrace.calltouch.json_scalars import SentScalar
from dealtrace.calltouch.leads.lead_list import LeadList, import_leads, read_annotations
from dealtrace.calltouch.parameters import CALL_IMPORT, CUSTOM
from dealtrace.dates_and_times import whole_span
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.leads.call import Circumstances, IncomingCall
from dealtrace.operations.leads.import_lists import import_calls
from dealtrace.plain_text import stripped


class CallItem(LeadItem, frozen=True, rename="camel"):
    """One call of the list."""

    reference_id: SentScalar = None
    sip_call_id: SentScalar = None
    client_phone_number: SentScalar = None
    call_center_phone_number: SentScalar = None
    call_start_time: SentScalar = None
    duration: SentScalar = None
    waiting_time: SentScalar = None
    status: SentScalar | bool = None
    record_url: SentScalar = None


def read_call(caller: Caller, sent: Sent) -> IncomingCall:
    """Build a call from the parameters; the start time sent is in the site's time zone."""
    started_at, duration = whole_span(
        utc_of_wall_clock(sent["callStartTime"], caller.site.time_zone), sent.get("duration", timedelta(0))
    )
    waiting = sent.get("waitingTime")
    return IncomingCall(
        started_at=started_at,
        duration=duration,
        phone=sent["clientPhoneNumber"],
        reference=sent["referenceId"],
        circumstances=Circumstances(
            sip_id=stripped(sent["sipCallId"]) if "sipCallId" in sent.values else None,
            is_successful=sent.get("status"),
            waiting=timedelta(seconds=whole_seconds(waiting)) if waiting is not None else None,
            dialled_phone=sent.get("callCenterPhoneNumber"),
            record_url=sent.get("recordUrl"),
        ),
        annotations=read_annotations(sent),
    )


TABLE = ParameterTable(CALL_IMPORT, family=CUSTOM)
BATCH = LeadListFormat("calls", CallItem, TABLE)
LEAD_LIST = LeadList(BATCH, read_call, import_calls, name="referenceId", result=imported_call)


async def respond(caller: Caller, items: Sequence[object]) -> Reply:
    """Store the valid calls and answer with a result for each item, in input order.

    Ours: the vendor answers only with the id of a queued job; this answer also has the ids of the stored calls.
    """
    log_id, calls = await import_leads(LEAD_LIST, caller, items)
    answer: CallsImport = {"data": {"logId": log_id, "calls": calls}}
    stored = sum(call["imported"] for call in calls)
    facts = {"site_id": caller.site.id, "log_id": log_id, "leads": len(calls), "taken_in": stored}
    return success(answer, "calls_imported", **facts)
