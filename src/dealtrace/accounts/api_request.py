"""An entry in the journal of API requests: site, token, parameters with personal data masked, and answer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from dealtrace.accounts.site import SiteId
from dealtrace.record import record

PARAMETERS_KEPT_MAX = 60
"""Ours: the maximum number of parameters of one request that the journal keeps; a form has about a dozen."""
ITEM_PARAMETERS_MAX = 1000
"""Ours: the maximum number of values that are read from the list in an API request, before they are masked and cut.

A list of 100 deals has about as many. `masked_reason` looks among them for the numbers in a refusal's message.
"""
VALUE_LENGTH_MAX = 200
"""Ours: the journal keeps at most this many characters of a parameter's name, and as many of its value."""
REASON_LENGTH_MAX = 2000
"""Ours: the maximum number of characters of a refusal's message that the journal keeps.

The message names every violation.
"""

NO_SITE_ID = SiteId(0)
"""The site id of requests without a valid site, such as requests with a wrong token."""
REFUSED_FROM = 400
"""The lowest HTTP status of a refusal."""


@record
class ApiRequest:
    """A request to the API and its answer; `site_id` is `NO_SITE_ID` if the request has no valid site.

    Secrets, contacts and people's names in `parameters` are masked. `code`, `reason_ru` and `reason_en` are those of
    the refusal; they are `None` if the request was accepted. If only items of a list were refused, not the whole
    request, these three come from the first refused item, and `status` may indicate success. `network` is the masked
    address that a request without a valid site came from, and `None` for other requests.
    """

    site_id: int
    at: datetime
    request_id: str
    token_id: int | None
    method: str
    path: str
    parameters: Mapping[str, str]
    status: int
    code: int | None
    reason_ru: str | None
    reason_en: str | None
    duration: timedelta
    network: str | None = None

    @property
    def is_refused(self) -> bool:
        """Return whether the request, or at least one item of its list, was refused."""
        return self.status >= REFUSED_FROM or self.code is not None


class AnsweredRequest(NamedTuple):
    """An answered API request that waits in memory to be stored; its parameters (`sent`) are not masked yet.

    Ours: requests wait unmasked, since masking a few dozen requests in a row takes a third of the CPU time of masking
    each request when it is answered. A named tuple is cheap to create.
    """

    site_id: int
    at: datetime
    request_id: str
    token_id: int | None
    method: str
    path: str
    sent: Mapping[str, str]
    status: int
    code: int | None
    reason_ru: str | None
    reason_en: str | None
    seconds: float
    network: str | None = None


def item_parameters(items: Sequence[object], first: int = 0) -> dict[str, str]:
    """Return up to `ITEM_PARAMETERS_MAX` values of the items of a JSON list, starting at the item `items[first]`.

    Names are paths, such as `1.products.0.name`: the item's position, counted from 0, then keys and positions. The
    other items follow in input order. If there is only one item, paths do not begin with its position. If the path of
    an object or list is too long to be kept, `…` replaces its contents.
    """
    places = [first, *(place for place in range(len(items)) if place != first)]
    values = (value for place in places for value in _values("" if len(items) == 1 else str(place), items[place]))
    return dict(islice(values, ITEM_PARAMETERS_MAX))


def _values(name: str, item: object) -> Iterator[tuple[str, str]]:
    """Yield the path of each value in `item` and the value as a string, in order; nesting may have any depth."""
    waiting = [(name, item)]
    while waiting:
        place, value = waiting.pop()
        match value:
            case dict() | list() if value and len(place) <= VALUE_LENGTH_MAX:
                parts = islice(value.items() if isinstance(value, dict) else enumerate(value), ITEM_PARAMETERS_MAX)
                waiting += reversed([(f"{place}.{key}" if place else str(key), part) for key, part in parts])
            case dict() | list():
                yield place, "…" if value else ""
            case bool():
                yield place, "true" if value else "false"
            case _:
                yield place, "" if value is None else str(value)
