"""URLs of pages, safe links to other websites, and short names of sources."""

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.urls import split_web_url
from dealtrace.attribution.visit import Visit
from dealtrace.errors import Language
from dealtrace.files.reports.code_labels import label_of_code
from dealtrace.leads.client import Client
from dealtrace.leads.contact import list_phones
from dealtrace.leads.lead import KIND_NAMES, LeadRef
from dealtrace.reports.saved_items.saved_reports import QUERY_LENGTH_MAX

URL_LENGTH_MAX = QUERY_LENGTH_MAX
"""Ours: the maximum length of a URL that a page leads to; proxies usually accept 8 KB of headers."""
CALL_PATH = "/event-service/platform/asterisk/inbound-call?apikey=TOKEN&callid=…"
"""The path at which a PBX reports a call; pages show it for copying."""
DEAL_PATH = "/calls-service/RestAPI/orders/register/?clientApiId=TOKEN&…"
"""The path at which a CRM registers a deal; pages show it for copying."""


def lead_url(site_id: int, ref: LeadRef) -> str:
    """Return the path of a lead's page."""
    return f"/cabinet/{site_id}/leads/{KIND_NAMES[ref.kind]}/{ref.id}"


def client_url(site_id: int, client: Client) -> str:
    """Return the path of a client's timeline."""
    return f"/cabinet/{site_id}/people/{client.id}"


def web_url(text: str | None) -> str:
    """Return a URL if it is safe as a link (`http` or `https`, not `javascript:`), or an empty string."""
    url = text.strip() if text is not None else ""
    return url if split_web_url(url) is not None else ""


def source_label(source: TrafficSource) -> str:
    """Return the non-empty parts of source, medium and campaign, joined by slashes."""
    return " / ".join(part for part in (source.source, source.medium, source.campaign) if part)


def visitor_label(visit: Visit, language: Language) -> str:
    """Return the known parts of a visitor's city, device and browser, joined by commas."""
    return ", ".join(part for part in (visit.city, device_label(visit, language), visit.browser) if part)


def device_label(visit: Visit, language: Language) -> str:
    """Return the device of a visit as reports call it; empty if it is unknown."""
    return label_of_code("device", visit.device, language)


def phone_url(text: str) -> str:
    """Return the `tel:` URL that calls the first phone in a string, or an empty string if there is none to call."""
    phones = list_phones(text)
    return f"tel:+{phones[0]}" if phones else ""
