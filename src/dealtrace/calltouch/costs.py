"""`costs-import/add` and `costs-import/update`: store the cost of a source, spread evenly over the days of a period."""

from dealtrace.attribution.cost_spread import SPREAD_DAYS_MAX, CostSpread
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, SOURCE_PARTS, TrafficSource
from dealtrace.calltouch.answers.costs import COSTS_IMPORT
from dealtrace.calltouch.parameters import BY_CLIENT_API_ID_OR_HEADERS
from dealtrace.calltouch.wire_types import CostAmount, CostDay
from dealtrace.errors import InvalidParameters, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import Parameter, ParameterTable, Sent
from dealtrace.http.parameter_types import Text
from dealtrace.http.replies import Reply, success
from dealtrace.operations.reports.spread_costs import add_costs, restate_costs

KEYWORD = "keyword"
NOT_FILLED = "<не заполнено>"
"""The string that the vendor shows in place of a missing part of a source."""
_PART = Text(SOURCE_LENGTH_MAX)
_MEANINGS = {
    "source": ("Источник рекламы.", "The source of the advertising."),
    "medium": ("Канал рекламы.", "The medium of the advertising."),
    "campaign": ("Рекламная кампания.", "The advertising campaign."),
    "content": ("Объявление.", "The ad."),
    "term": ("Ключевое слово.", "The keyword."),
}

TABLE = ParameterTable(
    (
        *BY_CLIENT_API_ID_OR_HEADERS.tokens[:1],
        *(Parameter(part, _PART, *_MEANINGS[part]) for part in SOURCE_PARTS),
        Parameter(
            KEYWORD,
            _PART,
            "То же, что term; если переданы оба, берётся term.",
            "The same as term; if both are sent, term is used.",
        ),
        Parameter(
            "price",
            CostAmount(),
            "Расход в рублях за весь период; делится поровну по дням, остаток относится на последний день.",
            "The cost of the whole period in rubles, spread evenly over its days; the last day gets the remainder.",
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
            f"The last day, inclusive; at most {SPREAD_DAYS_MAX} days.",
            required=True,
        ),
    )
)


async def add(caller: Caller, sent: Sent) -> Reply:
    """Add the sent cost to the stored costs of the same source and days."""
    await caller.write(add_costs, read_spread(sent))
    return success(COSTS_IMPORT, "costs_added", site_id=caller.site.id)


async def update(caller: Caller, sent: Sent) -> Reply:
    """Replace the stored costs of exactly the same source and days with the sent cost.

    Costs that were imported from a file are replaced, too.
    """
    await caller.write(restate_costs, read_spread(sent))
    return success(COSTS_IMPORT, "costs_updated", site_id=caller.site.id)


def read_spread(sent: Sent) -> CostSpread:
    """Build the cost of a source, spread over a period, from the parameters.

    Raises:
        InvalidParameters: no part of the source was sent, or the period is reversed or too long.
    """
    violations = [*_source_violations(sent), *_period_violations(sent)]
    if violations:
        raise InvalidParameters(violations)
    return CostSpread(_source_of(sent), sent["price"], sent["dateFrom"], sent["dateTo"])


def _source_of(sent: Sent) -> TrafficSource:
    """Build the source of a cost from the parameters.

    Ours: a part that is sent as `<не заполнено>` counts as missing.
    """
    named = {**sent.values, "term": sent.get("term", sent.get(KEYWORD, ""))}
    parts = {part: named.get(part, "") for part in SOURCE_PARTS}
    return TrafficSource(**{part: "" if text.strip() == NOT_FILLED else text for part, text in parts.items()})


def _source_violations(sent: Sent) -> list[Violation]:
    if not _source_of(sent).is_empty:
        return []
    known = ", ".join(SOURCE_PARTS)
    return [Violation("source", f"нужно хотя бы одно из: {known}", f"at least one of these is required: {known}")]


def _period_violations(sent: Sent) -> list[Violation]:
    days = (sent["dateTo"] - sent["dateFrom"]).days + 1
    if days < 1:
        return [Violation("dateTo", "раньше, чем dateFrom", "must not be before dateFrom")]
    if days > SPREAD_DAYS_MAX:
        return [
            Violation(
                "dateTo",
                f"длина периода в днях — {days}, допускается не более {SPREAD_DAYS_MAX}: разделите его",
                f"the period has {days} days; at most {SPREAD_DAYS_MAX} are allowed, so split it",
            )
        ]
    return []
