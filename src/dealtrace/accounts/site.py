"""A site: the owner of deals, leads, points and settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType
from zoneinfo import ZoneInfo

SiteId = NewType("SiteId", int)

TIME_ZONE_DEFAULT = "Europe/Moscow"
"""The wire's wall clock is Moscow's unless a site says otherwise; the seed's own figures agree with it."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site and its settings; `time_zone` is the wall clock of everything its clients send and read.

    `points_per_day` is 0 when there is no limit. `point_costs` holds the methods that do not cost 1.
    Seed: «Склейка по номеру телефона или почте по умолчанию выключена».
    """

    id: SiteId
    name: str
    time_zone: ZoneInfo
    contact_matching: bool = False
    points_per_day: int = 0
    point_costs: Mapping[str, int] = field(default_factory=dict)
    attribution: int = 1
    custom_fields: frozenset[str] = frozenset()
