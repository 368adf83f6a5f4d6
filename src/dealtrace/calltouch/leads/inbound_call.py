"""`inbound-call`: store a call that a PBX reports, and update it with later reports."""

from datetime import timedelta

from dealtrace.calltouch.answers.formats import utc_of_wall_clock, whole_seconds
from dealtrace.calltouch.parameters import INBOUND_CALL
from dealtrace.dates_and_times import whole_span
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, plain_success
from dealtrace.leads.call import CallId, CallReport, Circumstances
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.printable import check_printable

TABLE = ParameterTable(INBOUND_CALL)
PBX = "ATS_CODE"


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Store the call and answer with its id as plain text.

    Ours: however often a PBX reports a call, the answer is the same id; the vendor answers with the id of a queued job.
    """
    call_id: CallId = await caller.write(report_calls, read_report(caller, sent))
    return plain_success(str(call_id), "call_reported", site_id=caller.site.id, call_id=call_id)


def read_report(caller: Caller, sent: Sent) -> CallReport:
    """Build the report of a call from the parameters; absent values are `None`.

    Raises:
        InvalidParameters: the name of the PBX in the path is too long or has unprintable characters.
    """
    pbx = caller.path_params[PBX]
    try:
        check_printable(pbx, LABEL_LENGTH_MAX)
    except InvalidValue as fault:
        raise InvalidParameters([Violation(PBX, fault.ru, fault.en)]) from fault
    duration, waiting = sent.get("duration"), sent.get("waitingtime")
    started_at, whole_duration = whole_span(
        utc_of_wall_clock(sent["date"], caller.site.time_zone), duration or timedelta(0)
    )
    return CallReport(
        reference=sent["callid"],
        started_at=started_at,
        duration=whole_duration if duration is not None else None,
        phone=sent.get("callerid"),
        circumstances=Circumstances(
            is_successful=sent.get("status"),
            waiting=timedelta(seconds=whole_seconds(waiting)) if waiting is not None else None,
            dialled_phone=sent.get("phonenumber"),
            answering_phone=sent.get("destphonenumber"),
            pbx=pbx,
            pbx_model=sent.get("model"),
        ),
    )
