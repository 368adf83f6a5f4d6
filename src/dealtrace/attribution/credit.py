"""Attribution models: the rules that divide the credit for a lead among the visits of its visitor."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from fractions import Fraction
from typing import NewType

from dealtrace.attribution.visit import Visit
from dealtrace.record import record

CREDIT_LOOKBACK = timedelta(days=90)
"""Ours: the longest time from a visit to a lead for which the visit can get credit; Calltouch documents no limit."""
HALF_LIFE = timedelta(days=7)
"""Ours: in the time-decay model, a visit that is this much earlier than another gets half as much credit."""
POSITION_ENDS = Fraction(40, 100)
"""Ours: in the position-based model, the first and the last visit each get this share; other visits share the rest."""
WHOLE = 1_000_000
"""The number of parts into which the credit for a lead is divided; each share is a whole number of parts."""
TOUCHES_MAX = 100
"""Ours: the maximum number of visits credited with one lead: the first visit, and the latest other visits.

Only bots make more visits.
"""


CreditKey = NewType("CreditKey", int)
"""The key of a stored credit: the id of a lead, or the negative id of a visit to which deals are matched directly."""


def credit_key_of_visit(visit_id: int) -> CreditKey:
    """Return the credit key of a visit that deals are matched to: its id, negated, since ids of leads are positive."""
    return CreditKey(-visit_id)


class AttributionModel(IntEnum):
    """The attribution models that a site can choose; the values are the `attribution` codes of the API.

    Calltouch has the models 0 and 1. Ours: we added the other models, with codes that Calltouch does not use.
    """

    LAST_INTERACTION = 0
    LAST_NON_DIRECT = 1
    FIRST_INTERACTION = 2
    FIRST_NON_DIRECT = 3
    LINEAR = 4
    TIME_DECAY = 5
    POSITION_BASED = 6


@record
class Credit:
    """A visit that is credited with a lead, and its share of the credit in parts of `WHOLE`."""

    visit: Visit
    share: int


def touches_of(lead_at: datetime, own: Visit, visits: Iterable[Visit]) -> list[Visit]:
    """List the visits that may be credited with a lead at `lead_at`, earliest first; the last is `own`.

    `own` is the visit whose id the lead has; `visits` may be any visits of the site. The list has `own` and earlier
    visits of the same visitor, from 90 days before the lead until the lead, both ends included. An anonymised visit is
    listed alone.
    Ours: `own` is listed no matter when it began, because clocks of forms and servers differ; other visits that began
    after `own` are never listed.
    """
    earliest = lead_at - CREDIT_LOOKBACK
    others = [
        visit
        for visit in visits
        if visit.visitor_id == own.visitor_id != ""
        and earliest <= visit.started_at <= lead_at
        and _order(visit) < _order(own)
    ]
    touches = [*sorted(others, key=_order), own]
    return touches if len(touches) <= TOUCHES_MAX else [touches[0], *touches[1 - TOUCHES_MAX :]]


def _order(visit: Visit) -> tuple[datetime, int]:
    return visit.started_at, visit.id


def credits_under(model: AttributionModel, touches: Sequence[Visit]) -> list[Credit]:
    """Return the credit that each visit gets under `model`, the largest share first; `touches` are earliest first.

    Of two visits with equal shares, the later one is first. The shares add up to `WHOLE` exactly; visits without a
    share are left out.
    Vendor: «текущая модель атрибуции, согласно которой определился источник заявки».
    """
    if not touches:
        return []
    weights = _WEIGH[model](touches)
    shares = _whole_parts(weights)
    ranked = sorted(zip(shares, range(len(touches)), strict=True), reverse=True)
    return [Credit(touches[position], share) for share, position in ranked if share]


def _whole_parts(weights: Sequence[Fraction]) -> list[int]:
    """Split `WHOLE` in proportion to `weights`, and return the shares, which are integers and add up to `WHOLE`.

    Shares are rounded down, and the remaining parts go to the shares with the largest remainders; of equal remainders,
    the later visit is preferred.
    """
    total = sum(weights)
    exact = [weight * WHOLE / total for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda position: (exact[position] - shares[position], position))
    for position in by_remainder[len(exact) - (WHOLE - sum(shares)) :]:
        shares[position] += 1
    return shares


def _all_to(position: int, touches: Sequence[Visit]) -> list[Fraction]:
    return [Fraction(number == position % len(touches)) for number in range(len(touches))]


def _non_direct(touches: Sequence[Visit]) -> list[int]:
    return [number for number, visit in enumerate(touches) if not visit.traffic_source.is_direct]


def _last_non_direct(touches: Sequence[Visit]) -> list[Fraction]:
    return _all_to((_non_direct(touches) or [-1])[-1], touches)


def _first_non_direct(touches: Sequence[Visit]) -> list[Fraction]:
    return _all_to((_non_direct(touches) or [0])[0], touches)


def _decayed(touches: Sequence[Visit]) -> list[Fraction]:
    """Return a weight for each visit: 1 for the last visit, and half as much for each half-life before it."""
    last = touches[-1].started_at
    return [Fraction(2 ** ((visit.started_at - last) / HALF_LIFE)) for visit in touches]


def _by_position(touches: Sequence[Visit]) -> list[Fraction]:
    between = len(touches) - 2
    if between <= 0:
        return [Fraction(1)] * len(touches)
    return [POSITION_ENDS, *[(1 - 2 * POSITION_ENDS) / between] * between, POSITION_ENDS]


_WEIGH: Mapping[AttributionModel, Callable[[Sequence[Visit]], list[Fraction]]] = {
    AttributionModel.LAST_INTERACTION: lambda touches: _all_to(-1, touches),
    AttributionModel.LAST_NON_DIRECT: _last_non_direct,
    AttributionModel.FIRST_INTERACTION: lambda touches: _all_to(0, touches),
    AttributionModel.FIRST_NON_DIRECT: _first_non_direct,
    AttributionModel.LINEAR: lambda touches: [Fraction(1)] * len(touches),
    AttributionModel.TIME_DECAY: _decayed,
    AttributionModel.POSITION_BASED: _by_position,
}
