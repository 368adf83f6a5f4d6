"""The visitors of the demo's site: the channel and time of each visit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode

from dealtrace.attribution.landing_tags import UTM_TAGS
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.attribution.visits_from_hits import Hit, start
from dealtrace.demo.company import (
    ADDRESS,
    CHANNELS,
    CITIES,
    DEVICES,
    RETURNING_ALIKE,
    RETURNING_WEIGHTS,
    Channel,
    DemoCampaign,
)
from dealtrace.demo.rhythm import DAY, Calendar
from dealtrace.record import record

RETURNS = 0.38
"""The share of visitors who return after a visit."""
RETURN_DAYS = 5.5
"""The average number of days until a visitor returns."""
VISITS_MAX = 12
MADE_AT_ONCE = 2_000
"""The number of visitors made before other work gets a turn."""
QUIET_KEPT = 0.1
"""The share of visits on the quiet weekend that are kept; all other visits of that weekend are dropped."""
PAGES_MORE = 0.55
"""The share of visits with a second page."""
PAGE_SECONDS = 210
ADDRESSES = ("192.0.2", "198.51.100", "203.0.113")
"""Networks reserved for examples."""

_BY_NAME = {channel.name: channel for channel in CHANNELS}


@record
class Visitor:
    """A visitor: the visits in order of time, and the channel of each."""

    visits: tuple[Visit, ...]
    channels: tuple[Channel, ...]

    @property
    def readiness(self) -> float:
        """Return a measure of how likely the visitor is to leave a lead; it grows with the number of visits."""
        best = max(channel.leads for channel in self.channels)
        return best * (1 + 0.5 * (len(self.visits) - 1))

    @property
    def wins(self) -> float:
        """Return the probability that a deal of the visitor is won, which depends only on the first channel."""
        return self.channels[0].wins


def make_visitors(random: Random, calendar: Calendar, visits: int, rest: Callable[[], None]) -> list[Visitor]:
    """Return visitors with `visits` visits in total; the ids of the visits count from 1.

    `rest` is called after every `MADE_AT_ONCE` visitors, to let other work run.
    """
    made: list[Visitor] = []
    left = visits
    while left:
        visitor = _make_visitor(random, calendar, VisitId(visits - left + 1), min(left, VISITS_MAX))
        left -= len(visitor.visits)
        made.append(visitor)
        if len(made) % MADE_AT_ONCE == 0:
            rest()
    return made


def _make_visitor(random: Random, calendar: Calendar, first_id: VisitId, visits_max: int) -> Visitor:
    (channel,) = random.choices(CHANNELS, [channel.visits for channel in CHANNELS])
    person = _describe(random)
    times = _draw_times(random, calendar, visits_max)
    channels = [channel, *(_draw_return(random, channel) for _ in times[1:])]
    visits = [
        _make_visit(random, VisitId(first_id + place), person, by, at)
        for place, (by, at) in enumerate(zip(channels, times, strict=True))
    ]
    return Visitor(tuple(visits), tuple(channels))


def _draw_times(random: Random, calendar: Calendar, visits_max: int) -> list[datetime]:
    """Return random times of a visitor's visits, each on a later day than the visit before."""
    times = [calendar.draw(random)]
    while len(times) < visits_max and random.random() < RETURNS:
        after = 1 + int(random.expovariate(1 / RETURN_DAYS))
        day = times[-1].astimezone(calendar.time_zone).date() + after * DAY
        if day > calendar.last_on:
            break
        at = calendar.draw_on(random, day)
        if not calendar.is_quiet(at) or random.random() < QUIET_KEPT:
            times.append(at)
    return times


def _draw_return(random: Random, first: Channel) -> Channel:
    if random.random() < RETURNING_ALIKE:
        return first
    (name,) = random.choices(list(RETURNING_WEIGHTS), list(RETURNING_WEIGHTS.values()))
    return _BY_NAME[name]


def _describe(random: Random) -> Hit:
    """Return a hit (a page view) with the data that all visits of a visitor share; it has no URL yet."""
    (city,) = random.choices(list(CITIES), list(CITIES.values()))
    (device,) = random.choices(DEVICES, [device.weight for device in DEVICES])
    return Hit(
        visitor_id=f"{random.getrandbits(128):032x}",
        url="",
        ip=f"{random.choice(ADDRESSES)}.{random.randrange(1, 255)}",
        user_agent=device.user_agent,
        city=city,
        device=device.kind,
        os=device.os,
        browser=device.browser,
        google_client_id=f"{random.randrange(10**8, 10**9)}.{random.randrange(10**9, 2 * 10**9)}",
        yandex_client_id=str(random.randrange(10**18, 10**19)),
    )


def _make_visit(random: Random, visit_id: VisitId, person: Hit, channel: Channel, at: datetime) -> Visit:
    visit = start(replace(person, url=_landing_url(random, channel), referrer=channel.referrer), visit_id, at)
    if random.random() >= PAGES_MORE:
        return visit
    return replace(visit, seen_at=at + timedelta(seconds=1 + int(random.expovariate(1 / PAGE_SECONDS))))


def _landing_url(random: Random, channel: Channel) -> str:
    page = f"{ADDRESS}{channel.page}"
    return page if channel.campaign is None else f"{page}?{urlencode(_tags(random, channel.campaign))}"


def _tags(random: Random, campaign: DemoCampaign) -> dict[str, str]:
    tags = {tag: text for tag, part in UTM_TAGS.items() if (text := getattr(campaign.source, part))}
    if campaign.ads:
        tags["utm_content"] = random.choice(campaign.ads)
    if campaign.keywords:
        tags["utm_term"] = random.choice(campaign.keywords)
    if campaign.system is not None:
        tags[campaign.system.click_id] = str(random.randrange(10**17, 10**18))
    return tags
