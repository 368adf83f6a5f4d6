"""An entry in the journal of API requests: site, token, parameters with personal data masked, and answer."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from dealtrace.accounts.masking import mask_for, masked_number, masked_text
from dealtrace.record import record

REFUSED_FROM = 400
"""The lowest HTTP status of a refusal."""
PARAMETERS_KEPT_MAX = 60
"""Ours: the maximum number of parameters of one request that the journal keeps; a form has about a dozen."""
ITEM_PARAMETERS_MAX = 1000
"""Ours: the maximum number of values that are read from the items of a list, before they are masked and cut.

A list of 100 deals has about as many. `masked_reason` looks for the numbers of a refusal's message among them.
"""
VALUE_LENGTH_MAX = 200
"""Ours: the journal keeps at most this many characters of a parameter's name, and as many of its value."""
NAMES_CACHED_MAX = 1000
"""How many names of parameters are cached with their masking functions; the same names come with every request."""
REASON_LENGTH_MAX = 2000
"""Ours: the maximum number of characters of a refusal's message that the journal keeps.

The message names every violation.
"""


@record
class ApiRequest:
    """A request to the API and its answer; `site_id` is 0 if the request did not name a site.

    Secrets, contacts and people's names in `parameters` are masked. `code`, `reason_ru` and `reason_en` are
    those of the refusal; they are `None` if the request was accepted. If items of a list were refused, they are those
    of the first such item, whatever the status.
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

    @property
    def is_refused(self) -> bool:
        """Return whether the request, or at least one item of its list, was refused."""
        return self.status >= REFUSED_FROM or self.code is not None


class AnsweredRequest(NamedTuple):
    """A request as it waits in memory: what was sent is not masked yet, and the duration is in seconds.

    Ours: a named tuple. Masking a few hundred waiting requests one after another takes a third of the CPU that masking
    each as it is answered takes.
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

    def masked(self) -> ApiRequest:
        """Return the request as the journal keeps it."""
        return ApiRequest(
            self.site_id,
            self.at,
            self.request_id,
            self.token_id,
            self.method,
            self.path,
            masked_parameters(self.sent),
            self.status,
            self.code,
            self.reason_ru,
            self.reason_en,
            timedelta(seconds=self.seconds),
        )


def item_parameters(items: Sequence[object], first: int = 0) -> dict[str, str]:
    """Return up to `ITEM_PARAMETERS_MAX` values of the items of a JSON list, those of the item `first` first.

    Names are paths, such as `1.products.0.name`: the item's position, counted from 0, then keys and positions. Without
    `first`, items come in input order. If there is only one item, paths do not begin with its position. If the path of
    an object or list is too long to be kept, `…` replaces its contents.
    """
    places = [first, *(place for place in range(len(items)) if place != first)]
    values = (value for place in places for value in _values("" if len(items) == 1 else str(place), items[place]))
    return dict(islice(values, ITEM_PARAMETERS_MAX))


def _values(name: str, item: object) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each value in `item`, in order; nested values are as deep as the sender likes."""
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


def masked_parameters(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the sent parameters by name; secrets, contacts and people's names are masked, and long values are cut.

    Parameter names are masked too, because a malformed request may have a value in place of a name. Names and values
    are masked before they are cut, since half of an e-mail cannot be recognised.
    """
    kept = {}
    for name, value in islice(sent.items(), PARAMETERS_KEPT_MAX):
        shown, mask = _cached(name) if len(name) <= VALUE_LENGTH_MAX else _shown_name_and_mask(name)
        kept[shown] = mask(value)[:VALUE_LENGTH_MAX]
    return kept


def _shown_name_and_mask(name: str) -> tuple[str, Callable[[str], str]]:
    return masked_text(name)[:VALUE_LENGTH_MAX], mask_for(name)


_cached = lru_cache(maxsize=NAMES_CACHED_MAX)(_shown_name_and_mask)


def masked_reason(message: str, sent: Mapping[str, str]) -> str:
    """Return the message of a refusal, masked and cut; null characters, which databases cannot store, are left out.

    Ours: a limit that the message states, such as the greatest number allowed, stays readable. A number without
    separators counts as a limit if it was not sent and is not written as Russian phones are. If not all parameters of
    the request are known, no number counts as a limit.
    """
    is_known = 0 < len(sent) < ITEM_PARAMETERS_MAX
    repeated = ["".join(filter(str.isdigit, text)) for text in (*sent.keys(), *sent.values())]

    def mask(written: str) -> str:
        is_plain = written.isascii() and written.isdecimal() and _RUSSIAN_PHONE.fullmatch(written) is None
        is_ours = is_plain and is_known and not any(written in digits for digits in repeated)
        return written if is_ours else masked_number(written)

    return masked_text(message.replace("\0", ""), mask)[:REASON_LENGTH_MAX]


_RUSSIAN_PHONE = re.compile("[78][0-9]{10}")
