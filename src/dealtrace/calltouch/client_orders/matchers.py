"""Parse `matching` of the deals API 2.0: matchers, which search for the source of a deal, one after another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, TrafficSource
from dealtrace.calltouch.client_order_names import VISIT_TYPE
from dealtrace.calltouch.json_bodies import StatedSource
from dealtrace.calltouch.leads.annotate import parse_checked
from dealtrace.calltouch.leads.matching_elements import ELEMENTS_MAX, Element, ElementReader, VisitParams
from dealtrace.calltouch.wire_types import VisitRef
from dealtrace.deals.matchers import WITHOUT_SOURCE, Matcher, MatcherKind
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.parameter_types import Text
from dealtrace.leads.lead import LeadKind
from dealtrace.matching.lead_search import LeadSearch, SearchById

VISITS_MAX = 100
_UNKNOWN = datetime.max.replace(tzinfo=UTC)


def read_matchers(
    elements: Sequence[Element] | None, time_zone: ZoneInfo, happened_at: datetime | None, name: str = "matching"
) -> tuple[Matcher, ...]:
    """Parse elements as matchers (searches), in input order; without elements, return only `WITHOUT_SOURCE`.

    `name` is the key of the list, for violations. Ours: a search by contact without a date searches back from
    `happened_at`, the time of the deal.

    Raises:
        InvalidParameters: there are too many matchers, or a matcher is invalid; one violation for each invalid value.
    """
    if not elements:
        return (WITHOUT_SOURCE,)
    if len(elements) > ELEMENTS_MAX:
        limit = (f"допускается не более {ELEMENTS_MAX} элементов", f"at most {ELEMENTS_MAX} elements are allowed")
        raise InvalidParameters([Violation(name, *limit)])
    faults: list[Violation] = []
    matchers = [
        _read(element, f"{name}[{number}]", time_zone, happened_at or _UNKNOWN, faults)
        for number, element in enumerate(elements)
    ]
    if faults:
        raise InvalidParameters(faults)
    return tuple(matchers)


def _read(element: Element, place: str, time_zone: ZoneInfo, happened_at: datetime, faults: list[Violation]) -> Matcher:
    """Parse a matcher, which is a search for a deal's source.

    If the matcher is invalid, add its violations to `faults` and return a placeholder.
    """
    match element.type:
        case "customSources":
            return Matcher(
                MatcherKind.SOURCE, source=_source(element.custom_source_params or StatedSource(), place, faults)
            )
        case "withoutSource":
            return WITHOUT_SOURCE
        case "chat" | "chatContact":
            return Matcher(MatcherKind.CHAT)
        case "session":
            return Matcher(MatcherKind.VISIT, visit_ids=_visit_ids(element.session_params or VisitParams()))
    reader = ElementReader(element, place, time_zone, faults, until=happened_at, by_digest=True, further=(VISIT_TYPE,))
    search = reader.read()
    return _of_search(search, reader.digests()) if search is not None else WITHOUT_SOURCE


def _of_search(search: LeadSearch, digests: tuple[str, ...]) -> Matcher:
    tags = tuple(sorted(search.tags.tags))
    if isinstance(search, SearchById):
        kinds = (search.ref.kind,)
        return Matcher(MatcherKind.ID, kinds, search.ref.id, tags=tags, any_tag=search.tags.any_will_do)
    return Matcher(
        MatcherKind.CONTACT,
        _in_order(search.kinds),
        contacts=tuple(dict.fromkeys(search.contacts)),
        digests=digests,
        until=search.until if search.until != _UNKNOWN else None,
        depth=search.depth,
        preference=search.preference,
        tags=tags,
        any_tag=search.tags.any_will_do,
    )


@cache
def _in_order(kinds: frozenset[LeadKind]) -> tuple[LeadKind, ...]:
    return tuple(kind for kind in LeadKind if kind in kinds)


def _source(params: StatedSource, place: str, faults: list[Violation]) -> TrafficSource | None:
    parts: dict[str, str] = {}
    for name, word in msgspec.structs.asdict(params).items():
        try:
            text = parse_checked(f"{place}.customSourceParams.{name}", Text(SOURCE_LENGTH_MAX).read, str(word or ""))
        except InvalidParameters as fault:
            faults += fault.violations
        else:
            parts[name] = text
    source = TrafficSource(**parts)
    return None if source.is_empty else source


def _visit_ids(params: VisitParams) -> tuple[int, ...]:
    sent = params.session_id
    listed = sent if isinstance(sent, list | tuple) else [sent]
    read = (VisitRef().read(str(word)) for word in listed[:VISITS_MAX] if word is not None)
    return tuple(dict.fromkeys(visit_id for visit_id in read if visit_id is not None))
