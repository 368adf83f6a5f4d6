"""A site (личный кабинет), to which everything belongs: deals, leads, API points, settings and so on."""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from typing import NewType
from zoneinfo import ZoneInfo

from dealtrace.accounts.webhook import Listener
from dealtrace.attribution.site_hosts import NO_HOSTS, SiteHosts
from dealtrace.record import record

SiteId = NewType("SiteId", int)

TIME_ZONE_DEFAULT = "Europe/Moscow"
"""The time zone of a new site. Calltouch uses Moscow time, as the examples in its documentation show."""

TARGET_CALL_DEFAULT = timedelta(seconds=30)
"""Ours: the talk time from which a call of a new site counts as a target call, until its owner sets another.

Shorter calls are probably wrong numbers or answering machines.
"""


@record
class Site:
    """A site and its settings; `time_zone` applies to all dates and times that programs and people send and read.

    `points_per_day` is 0 if there is no limit. `point_costs` has only methods that do not cost 1 point. A lead is
    unique if its client has no earlier lead within `unique_depth` (`None` means no limit); a call is a target call if
    the talk lasted at least `target_call`. `listeners` are the site's webhooks. `hosts` are the site's settings for
    classifying visits by the referring host. Web pages of `cors_origins` may call the API and read its answers;
    `counter_code` identifies the site in web pages.
    Vendor: «Склейка по номеру телефона или почте по умолчанию выключена».
    """

    id: SiteId
    name: str
    time_zone: ZoneInfo
    contact_matching: bool = False
    points_per_day: int = 0
    point_costs: Mapping[str, int] = field(default_factory=dict)
    attribution: int = 1
    custom_fields: frozenset[str] = frozenset()
    respects_do_not_track: bool = True
    unique_depth: timedelta | None = None
    target_call: timedelta = TARGET_CALL_DEFAULT
    listeners: tuple[Listener, ...] = ()
    hosts: SiteHosts = NO_HOSTS
    cors_origins: tuple[str, ...] = ()
    counter_code: str = ""
