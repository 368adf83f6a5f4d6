"""The links in the header that lead from a page of a site to the same page of the person's other sites."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.site import Site, SiteId
from dealtrace.cabinet.carried_parameters import carried_query
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import SEPARATOR
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import PRESETS
from dealtrace.reports.question import CHANGE_PREFIX, DESCENDING

LISTED_MAX = 30
"""Ours: the maximum number of sites in the header; the page that compares sites lists all."""
OVERVIEW, REPORTS = "", "reports"
WITH_PERIOD = (OVERVIEW, REPORTS, "deals", "leads")
"""The pages of a site whose links to other sites keep the period."""
LED_ELSEWHERE = {"reports/rows": REPORTS}
"""Pages whose links to other sites lead to another page, since the other site does not have these rows."""
COMMON_FILTERS = ("source", "medium", "lead_kind", "device", "browser", "os", "weekday", "hour")
"""Ours: the dimensions whose filters mean the same on every site; campaigns, statuses and managers differ."""
_QUESTION = ("by", "pivot", "metrics", "date", "sort", "limit")


@record
class SiteLink:
    """The name of another site, and the URL of its page."""

    name: str
    url: str


@record
class SiteSwitch:
    """The links to other sites, the first ones if there are too many, and the URL of the page that compares sites."""

    links: tuple[SiteLink, ...]
    is_whole: bool
    comparison: str


def places_of(pages: Iterable[tuple[str, str, Role | None]]) -> dict[str, Role]:
    """Return the pages that every site has, with the lowest role that opens each, by their paths below the site.

    `pages` has the method, the path and the role of each page of the cabinet. Files are left out.
    """
    of_site = "/{site:int}/"
    return {
        path.removeprefix(of_site): role
        for method, path, role in pages
        if method == "GET" and role is not None and path.startswith(of_site)
        if "{" not in path.removeprefix(of_site) and "." not in path
    }


def switch_of(
    person: Rights, names: Mapping[SiteId, str], site: Site, places: Mapping[str, Role], address: str
) -> SiteSwitch | None:
    """Return links from the current page to the person's other sites, or `None` if the person has no other site.

    `address` is the path and query of the current page. `names` has the names of all sites of the installation.
    """
    others = [(each, name) for each, name in names.items() if each != site.id and person.role_at(each) is not None]
    if not others:
        return None
    path, query = urlsplit(address).path, urlsplit(address).query
    links = tuple(
        SiteLink(name, _url_of(each, person.role_at(each), site, places, path, query))
        for each, name in others[:LISTED_MAX]
    )
    period = dict(parse_qsl(query)).get("period", "")
    comparison = f"/cabinet/?{urlencode({'period': period})}" if period in PRESETS else "/cabinet/"
    return SiteSwitch(links, len(others) <= LISTED_MAX, comparison)


def _url_of(other: SiteId, role: Role | None, site: Site, places: Mapping[str, Role], path: str, query: str) -> str:
    """Return the URL of the same page of another site or, if the role may not open it, of the site's overview."""
    root = f"/cabinet/{site.id}/"
    if not path.startswith("/cabinet/"):
        return f"{path}?{urlencode({'site': other})}"
    place = path.removeprefix(root) if path.startswith(root) else OVERVIEW
    place = LED_ELSEWHERE.get(place, place)
    needed = places.get(place)
    if needed is None or role is None or not role.includes(needed):
        place = OVERVIEW
    if place not in WITH_PERIOD:
        return f"/cabinet/{other}/{place}"
    kept = carried_query(dict(parse_qsl(query)))
    further = urlencode(_common_question(place, query))
    return f"/cabinet/{other}/{place}{kept}" + (f"{'&' if kept else '?'}{further}" if further else "")


def _common_question(place: str, query: str) -> list[tuple[str, str]]:
    """Return the parameters, besides those of `carried_query`, that have the same meaning on every site."""
    parameters = parse_qs(query)
    if place not in (OVERVIEW, REPORTS):
        return []
    filters = [("filter", text) for text in parameters.get("filter", ()) if text.split(SEPARATOR)[0] in COMMON_FILTERS]
    if place == OVERVIEW:
        return [*(("chart", name) for name in parameters.get("chart", ())[:1]), *filters]
    asked = [(name, ",".join(parameters[name])) for name in _QUESTION if name in parameters]
    return [*(asked if all(_is_common(name, text) for name, text in asked) else []), *filters]


def _is_common(name: str, text: str) -> bool:
    """Return whether a parameter has the same meaning on every site: it uses no custom fields or columns of a site."""
    if name not in ("by", "pivot", "metrics", "sort"):
        return True
    parts = (part.removeprefix(DESCENDING).removeprefix(CHANGE_PREFIX) for part in text.split(",") if part)
    return all(part in DIMENSIONS or part in METRICS for part in parts)
