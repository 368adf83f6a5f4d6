"""Complete `curl` lines that register an example of a call, a lead request or a deal; people copy them from pages."""

import shlex
from datetime import datetime

TOKEN = "YOUR_TOKEN"  # noqa: S105 - a placeholder, in whose place people put a token of the site
_PHONE = "79205550100"


def call_line(origin: str, now: datetime) -> str:
    """Return the line that reports a call, as a PBX does; `now` is in the time zone of the site."""
    return _line(
        f"{origin}/event-service/platform/asterisk/inbound-call",
        f"apikey={TOKEN}",
        "callid=example-1",
        f"date={now:%Y-%m-%d %H:%M:%S}",
        f"callerid={_PHONE}",
        "duration=60",
    )


def lead_request_line(origin: str, site_id: int) -> str:
    """Return the line that sends a lead request, as a form on a web page does; it needs no token."""
    url = f"{origin}/calls-service/RestAPI/requests/{site_id}/register/"
    return _line(url, "fio=Anna", f"phoneNumber={_PHONE}", "subject=Example", is_post=True)


def curl_of_deal(origin: str, now: datetime) -> str:
    """Return the line that registers a deal, as a CRM does; `now` is in the time zone of the site."""
    return _line(
        f"{origin}/calls-service/RestAPI/orders/register/",
        f"clientApiId={TOKEN}",
        "orderNumber=example-1",
        "orderSum=1000",
        "orderStatus=new",
        f"orderDate={now:%d.%m.%Y %H:%M:%S}",
        "service=CRM",
    )


def _line(url: str, *sent: str, is_post: bool = False) -> str:
    verb = "curl" if is_post else "curl -G"
    return " ".join((verb, shlex.quote(url), *(f"--data-urlencode {shlex.quote(each)}" for each in sent)))
