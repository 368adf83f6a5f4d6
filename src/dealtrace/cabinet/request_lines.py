"""Complete `curl` lines that register an example of a call, a lead request or a deal; people copy them from pages."""

import shlex
from collections.abc import Mapping
from datetime import datetime

TOKEN = "YOUR_TOKEN"  # noqa: S105 - a placeholder, in whose place people put a token of the site
_PHONE = "79205550055"


def call_line(origin: str, now: datetime) -> str:
    """Return the line that reports a call, as a PBX does; `now` is in the time zone of the site."""
    sent = {
        "apikey": TOKEN,
        "callid": "example-1",
        "date": f"{now:%Y-%m-%d %H:%M:%S}",
        "callerid": _PHONE,
        "duration": "60",
    }
    return f"curl -G {shlex.quote(f'{origin}/event-service/platform/asterisk/inbound-call')} {_written(sent)}"


def lead_request_line(origin: str, site_id: int) -> str:
    """Return the line that sends a lead request, as a form of the site does; it needs no token."""
    sent = {"fio": "Anna", "phoneNumber": _PHONE, "subject": "Example"}
    return f"curl {shlex.quote(f'{origin}/calls-service/RestAPI/requests/{site_id}/register/')} {_written(sent)}"


def deal_line(origin: str, now: datetime) -> str:
    """Return the line that registers a deal, as a CRM does; `now` is in the time zone of the site."""
    sent = {
        "clientApiId": TOKEN,
        "orderNumber": "example-1",
        "orderSum": "1000",
        "orderStatus": "new",
        "orderDate": f"{now:%d.%m.%Y %H:%M:%S}",
        "service": "CRM",
    }
    return f"curl -G {shlex.quote(f'{origin}/calls-service/RestAPI/orders/register/')} {_written(sent)}"


def _written(sent: Mapping[str, str]) -> str:
    return " ".join(f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in sent.items())
