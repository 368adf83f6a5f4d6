"""Changing a deal: an absent parameter keeps the value, an empty one erases it."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource
from dealtrace.deals.deal import Deal, DealKey
from dealtrace.record import record


class Unset(Enum):
    """The type of `UNSET`: the parameter was not sent."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET

CHANGEABLE = (
    "status",
    "amount_rub",
    "service",
    "manager",
    "comment",
    "tags",
    "custom_values",
    "stated_source",
)
"""The fields of a deal that `update-by-id` may change; versions record them before and after."""
FURTHER = ("margin_rub", "currency", "details", "matchers", "status_since")
"""The fields of a deal that only deals 2.0 state; versions of their changes record them too."""


@record
class Change:
    """The values to change of one deal; what is `UNSET` is not changed.

    An erased sum is `None`, an erased text is empty, erased tags are `()`. `custom_values` and `source_parts` hold
    only what was sent.
    Seed: «если обновлять значение не требуется, то не передавайте параметр вовсе».
    """

    key: DealKey
    amount_rub: Decimal | Unset | None = UNSET
    status: str | Unset = UNSET
    service: str | Unset = UNSET
    manager: str | Unset = UNSET
    comment: str | Unset = UNSET
    tags: tuple[str, ...] | Unset = UNSET
    custom_values: Mapping[str, str] = field(default_factory=dict)
    source_parts: Mapping[str, str] = field(default_factory=dict)


def apply_change(change: Change, deal: Deal, known_values: Mapping[str, str]) -> Deal:
    """Return `deal` with `change` applied; equal to `deal` if nothing is different.

    `known_values` are the custom values of `change` whose fields the site has. Tags replace the whole list.
    Seed: «текущее значение в статистике Calltouch будет перезаписано на пустоту».
    """
    sent = {
        name: value
        for name in ("amount_rub", "status", "service", "manager", "comment", "tags")
        if (value := getattr(change, name)) is not UNSET
    }
    return replace(
        deal,
        **sent,
        custom_values=_merged(deal.custom_values, known_values),
        stated_source=_restated(deal, change.source_parts),
    )


def _merged(values: Mapping[str, str] | None, sent: Mapping[str, str]) -> Mapping[str, str] | None:
    if not sent:
        return values
    return {name: value for name, value in {**(values or {}), **sent}.items() if value}


def _restated(deal: Deal, parts: Mapping[str, str]) -> TrafficSource | None:
    """Return the new stated source; a deal with a lead keeps its own, since the lead's source takes precedence.

    Seed: «Если сделка не привязана ко звонку или заявке, то у нее может быть обновлен существующий или назначен
    новый произвольный источник».
    """
    if deal.lead is not None or not parts:
        return deal.stated_source
    restated = replace(deal.stated_source or NOWHERE, **parts)
    return None if restated.is_empty else restated


def stamp(before: Deal, after: Deal, now: datetime) -> Deal:
    """Return `after` as the next version of `before`, changed at `now`; a status that is new is had since then."""
    since = now if after.status != before.status else before.status_since
    return replace(after, changed_at=now, touched_at=now, status_since=since, version=before.version + 1)


def difference(before: Deal, after: Deal) -> tuple[dict[str, object], dict[str, object]]:
    """Return the fields that differ, with their values before and after.

    Since when a deal has its status is among them only if the CRM said so: otherwise it is when the version was stored.
    """
    names = (*CHANGEABLE, *FURTHER) if after.status_since != after.touched_at else (*CHANGEABLE, *FURTHER[:-1])
    differing = [name for name in names if getattr(before, name) != getattr(after, name)]
    return {name: getattr(before, name) for name in differing}, {name: getattr(after, name) for name in differing}
