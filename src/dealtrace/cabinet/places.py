"""Where things are on the pages, and short names of them; addresses of other sites become links only if they are."""

from urllib.parse import urlsplit

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.lead import LeadKind, LeadRef

KINDS = {"call": LeadKind.CALL, "request": LeadKind.LEAD_REQUEST}
"""The kinds of lead as addresses of the cabinet name them."""
_NAME_OF = {kind: name for name, kind in KINDS.items()}
WEB_SCHEMES = ("http", "https")


def lead_address(site_id: int, ref: LeadRef) -> str:
    """Return the address of a lead's page."""
    return f"/cabinet/{site_id}/leads/{_NAME_OF[ref.kind]}/{ref.id}"


def web_address(text: str | None) -> str:
    """Return an address that a link may lead to, empty if a text is no such address: `javascript:` runs programs."""
    if text is None:
        return ""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    return text.strip() if parts.scheme in WEB_SCHEMES and parts.netloc else ""


def source_words(source: TrafficSource) -> str:
    """Return the parts of a source that say something."""
    return " / ".join(part for part in (source.source, source.medium, source.campaign) if part)
