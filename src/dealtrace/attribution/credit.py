"""Which visit of a visitor gets the credit for a lead, model by model."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum

from dealtrace.attribution.visit import Visit

CREDIT_LOOKBACK = timedelta(days=90)
"""Ours: how long before a lead a visit may still earn credit for it; the vendor names no bound."""


class AttributionModel(IntEnum):
    """The models a site may choose from; the values are the wire's `attribution` codes."""

    LAST_INTERACTION = 0
    LAST_NON_DIRECT = 1


def touches_before(lead_at: datetime, visits: Sequence[Visit]) -> list[Visit]:
    """List the visits that may earn credit for a lead at `lead_at`, earliest first; both ends of the look-back count.

    Visits that began together stand in the order of their ids.
    """
    earliest = lead_at - CREDIT_LOOKBACK
    touches = [visit for visit in visits if earliest <= visit.started_at <= lead_at]
    return sorted(touches, key=lambda visit: (visit.started_at, visit.id))


def credited_visit(model: AttributionModel, touches: Sequence[Visit]) -> Visit | None:
    """Choose the visit that gets the credit under `model`; `None` when nobody visited.

    `touches` come earliest first. The last non-direct visit wins under the default model; if there were only
    direct ones, the last of them does.
    Seed: «текущая модель атрибуции, согласно которой определился источник заявки».
    """
    if not touches:
        return None
    if model is AttributionModel.LAST_NON_DIRECT:
        return next((visit for visit in reversed(touches) if not visit.traffic_source.is_direct), touches[-1])
    return touches[-1]
