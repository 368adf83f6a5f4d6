"""`calls-diary/calls/{callId}/download`: redirect to the recording of a call; the PBX stores the recording."""

from urllib.parse import quote

from dealtrace.attribution.urls import split_web_url
from dealtrace.calltouch.journals.parameters import DOWNLOAD
from dealtrace.errors import InvalidValue, RecordingNotFound
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.parameter_types import Integer
from dealtrace.http.replies import Reply, redirect
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.leads.leads import find_record_url

TABLE = ParameterTable(DOWNLOAD)
_CALL_ID = Integer()
_KEPT_AS_IT_IS = "%/:?#[]@!$&'()*+,;=~"


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Redirect to the recording whose URL was sent with the call.

    Raises:
        RecordingNotFound: the site has no such call, or the call has no `http` or `https` URL of a recording.
    """
    del sent
    call_id = caller.path_params["callId"]
    try:
        url = await caller.read(find_record_url, _CALL_ID.read(call_id))
    except InvalidValue:
        url = None
    location = read_url(url or "")
    if location is None:
        raise RecordingNotFound(call_id=call_id)
    await caller.pay_for_reading(PaidMethod.DOWNLOAD)
    return redirect(location, "recording_shown", site_id=caller.site.id)


def read_url(text: str) -> str | None:
    """Return an `http` or `https` URL percent-encoded for the `Location` header, or `None` for any other string."""
    url = text.strip()
    return quote(url, safe=_KEPT_AS_IT_IS) if split_web_url(url) is not None else None
