"""`calls-diary/calls/{callId}/download`: to the recording of a call, which lies where its exchange keeps it."""

from urllib.parse import quote, urlsplit

from dealtrace.calltouch.journals.parameters import DOWNLOAD
from dealtrace.errors import InvalidValue, RecordingNotFound
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_types import Integer
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, redirect
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.leads.leads import find_record_url

TABLE = ParameterTable(DOWNLOAD)
SCHEMES = ("http", "https")
_CALL_ID = Integer()
_KEPT_AS_IT_IS = "%/:?#[]@!$&'()*+,;=~"


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Lead to the recording that was named when the call came in.

    Raises:
        RecordingNotFound: the site has no such call, or nobody named a recording that lies on the web.
    """
    del sent
    call_id = caller.path_params["callId"]
    try:
        told = await caller.read(find_record_url, _CALL_ID.read(call_id))
    except InvalidValue:
        told = None
    address = read_address(told or "")
    if address is None:
        raise RecordingNotFound(call_id=call_id)
    await caller.pay_for_reading(PaidMethod.DOWNLOAD)
    return redirect(address, "recording_shown", site_id=caller.site.id)


def read_address(told: str) -> str | None:
    """Read the address of a page of the web, safe to stand in a header; `None` if it is none."""
    try:
        parts = urlsplit(told.strip())
    except ValueError:
        return None
    is_on_the_web = parts.scheme.lower() in SCHEMES and bool(parts.netloc)
    return quote(told.strip(), safe=_KEPT_AS_IT_IS) if is_on_the_web else None
