"""`costs-import/add` and `costs-import/update`: what a source cost over a period, spread evenly over its days."""

from dealtrace.attribution.cost import SPREAD_DAYS_MAX, CostSpread
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.answers.costs import COSTS_IMPORT
from dealtrace.calltouch.parameters import BY_CLIENT_API_ID_OR_HEADERS
from dealtrace.calltouch.wire_types import CostAmount, CostDay
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_types import Text
from dealtrace.http.parameters import Parameter, ParameterTable, Sent
from dealtrace.http.replies import Reply, success
from dealtrace.operations.reports.spread_costs import add_costs, restate_costs

KEYWORD = "keyword"
NOT_FILLED = "<не заполнено>"
"""How the vendor shows a part that was not sent."""
_PART = Text(SOURCE_LENGTH_MAX)
_MEANINGS = {
    "source": ("Источник.", "The source."),
    "medium": ("Канал.", "The medium."),
    "campaign": ("Кампания.", "The campaign."),
    "content": ("Объявление.", "The ad."),
    "term": ("Ключевое слово.", "The keyword."),
}

TABLE = ParameterTable(
    (
        *BY_CLIENT_API_ID_OR_HEADERS.tokens[:1],
        *(Parameter(part, _PART, *_MEANINGS[part]) for part in SOURCE_PARTS),
        Parameter(KEYWORD, _PART, "То же, что term; если переданы оба, берётся term.", "The same as term, which wins."),
        Parameter(
            "price",
            CostAmount(),
            "Расход в рублях за весь период; делится поровну по дням, остаток на последнем.",
            "The cost in rubles of the whole period; spread evenly over its days, the rest on the last.",
            required=True,
        ),
        Parameter(
            "dateFrom",
            CostDay(),
            "Первый день: dd.mm.yyyy, dd/mm/yyyy или yyyy-mm-dd.",
            "The first day: dd.mm.yyyy, dd/mm/yyyy or yyyy-mm-dd.",
            required=True,
        ),
        Parameter(
            "dateTo",
            CostDay(),
            f"Последний день, включительно; не более {SPREAD_DAYS_MAX} дней.",
            f"The last day, included; at most {SPREAD_DAYS_MAX} days.",
            required=True,
        ),
    )
)


async def add(caller: Caller, sent: Sent) -> Reply:
    """Add the cost to what the days have."""
    await caller.write(add_costs, read_spread(sent))
    return success(COSTS_IMPORT, "costs_added", site_id=caller.site.id)


async def update(caller: Caller, sent: Sent) -> Reply:
    """Replace what the days have of exactly this source, if it came by API or file."""
    await caller.write(restate_costs, read_spread(sent))
    return success(COSTS_IMPORT, "costs_updated", site_id=caller.site.id)


def read_spread(sent: Sent) -> CostSpread:
    """Read what a source cost over which days.

    Raises:
        InvalidParameters: no part of the source was sent, or the period is reversed or too long.
    """
    violations = [*_source_violations(sent), *_period_violations(sent)]
    if violations:
        raise InvalidParameters(violations)
    return CostSpread(_source_of(sent), sent["price"], sent["dateFrom"], sent["dateTo"])


def _source_of(sent: Sent) -> TrafficSource:
    """Return the source; Ours: a part sent as the vendor shows a missing one is missing."""
    named = {**sent.values, "term": sent.get("term", sent.get(KEYWORD, ""))}
    parts = {part: named.get(part, "") for part in SOURCE_PARTS}
    return TrafficSource(**{part: "" if text.strip() == NOT_FILLED else text for part, text in parts.items()})


def _source_violations(sent: Sent) -> list[Violation]:
    if not _source_of(sent).is_empty:
        return []
    known = ", ".join(SOURCE_PARTS)
    return [Violation("source", f"нужно хотя бы одно из: {known}", f"at least one is needed: {known}")]


def _period_violations(sent: Sent) -> list[Violation]:
    days = (sent["dateTo"] - sent["dateFrom"]).days + 1
    if days < 1:
        return [Violation("dateTo", "раньше, чем dateFrom", "must not be before dateFrom")]
    if days > SPREAD_DAYS_MAX:
        return [
            Violation(
                "dateTo",
                f"в периоде {days} дней, допускается не более {SPREAD_DAYS_MAX}: разделите его",
                f"the period has {days} days, at most {SPREAD_DAYS_MAX} are allowed: split it",
            )
        ]
    return []
