"""The pieces that figures count: facts, each split among its touches, and the keys that they have in dimensions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit

MILLION = 1_000_000
SAYING_NOTHING = {"", "(not set)", "<не заполнено>", "‹не заполнено›"}
PARTS = ("source", "medium", "campaign", "content", "term")
OF_VISITS = {*PARTS, "landing_page", "hour", "own_hour", "weekday", "day", "week", "month", "quarter"} | {
    "city", "device", "browser", "os",
}  # fmt: skip
OF_LEADS = OF_VISITS | {"manager", "tag", "lead_kind", "form", "dialled", "client_kind", "path"}
OF_DEALS = OF_LEADS | {"service", "status", "match_reason"}
OF_COSTS = {*PARTS, "weekday", "day", "week", "month", "quarter"}
KNOWN_BY: Mapping[str, set[str]] = {
    "visit": OF_VISITS, "lead": OF_LEADS, "deal": OF_DEALS, "won": OF_DEALS, "assist": OF_DEALS, "cost": OF_COSTS,
}  # fmt: skip
"""The dimensions that each fact has; `won` are deals by the beginning of their status."""


def has_dimension(fact: str, name: str) -> bool:
    """Return whether a fact has a dimension; leads and deals have custom fields."""
    return fact not in ("visit", "cost") if name.startswith("field:") else name in KNOWN_BY[fact]


@dataclass(frozen=True, eq=False)
class Piece:
    """A fact, or a touch's part of it: its moment, its share in millionths, its source, and what it adds."""

    fact: str
    id: int
    at: datetime | date
    source: TrafficSource | None
    words: Callable[[str], object]
    share: int = MILLION
    own: Visit | None = None
    numbers: Mapping[str, int | None] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    client: object = None
    tags: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()
    """The names of the numbers that the fact has, but that are not known."""
    keys: dict[str, tuple[str | None, ...]] = field(default_factory=dict)


def known(text: object) -> str | None:
    """Return a text, `None` if it says nothing."""
    return None if text is None or str(text).strip().casefold() in SAYING_NOTHING else str(text)


def folded(text: str | None) -> str | None:
    """Return what a name is grouped by."""
    return text.strip().casefold() if known(text) is not None and text is not None else None


def kopecks(rubles: Decimal | None) -> int | None:
    """Return a sum in kopecks, half up."""
    return None if rubles is None else int((rubles * 100).to_integral_value(ROUND_HALF_UP))


def split(amount: int | None, shares: Sequence[int]) -> list[int | None]:
    """Split kopecks by shares of touches, earliest first: by largest remainder, the later touch first."""
    if amount is None:
        return [None] * len(shares)
    exact = [Fraction(abs(amount) * share, MILLION) for share in shares]
    parts = [int(part) for part in exact]
    in_turn = sorted(range(len(shares)), key=lambda place: (exact[place] - parts[place], place), reverse=True)
    for place in in_turn[: abs(amount) - sum(parts)]:
        parts[place] += 1
    return [part if amount >= 0 else -part for part in parts]


def word_of_visit(visit: Visit, name: str) -> str:
    """Return a word of a visit; its landing page is shown without query and fragment."""
    return visit.landing_url.split("?")[0].split("#")[0] if name == "landing_page" else str(getattr(visit, name))


def key_of_day(name: str, day: date) -> str:
    """Return the key of a day in a dimension of the calendar."""
    match name:
        case "weekday":
            return str(day.isoweekday())
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case "month":
            return day.isoformat()[:7]
        case _:
            return f"{day.year:04}-Q{(day.month + 2) // 3}"
