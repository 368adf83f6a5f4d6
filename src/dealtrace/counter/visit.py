"""`POST /counter/visit`: count a page that a visitor opened; the script or the site's server reports the page."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypedDict

from dealtrace.attribution.visit import Visit
from dealtrace.attribution.visits_from_hits import Hit
from dealtrace.counter.city import city_of
from dealtrace.counter.device import agent_of_request, equipment_of
from dealtrace.counter.hit_parameters import TABLE, SentHit
from dealtrace.http.caller import Caller
from dealtrace.http.replies import Reply, success
from dealtrace.operations.visits.count_hits import count_hits
from dealtrace.whole_number import ID_MAX

__all__ = ["TABLE", "respond"]
COUNTED = "counted"


class DropReason(StrEnum):
    """The reason for not counting a hit (an opened page)."""

    DO_NOT_TRACK = "do_not_track"
    ROBOT = "robot"


class CountedVisit(TypedDict):
    """The answer: the ids of the visit and the visitor of the page, or null for both if the page was not counted.

    `dropped` is the reason for not counting the page.
    """

    sessionId: int | None
    visitorId: str | None
    dropped: DropReason | None


async def respond(caller: Caller, sent: SentHit) -> Reply:
    """Count the hit (an opened page) unless one of `STEPS` drops it, and answer with its visit."""
    hit = read_hit(caller, sent)
    for step in STEPS:
        outcome = step(caller, hit)
        if isinstance(outcome, DropReason):
            facts = {"site_id": caller.site.id, "reason": outcome.value}
            return _answer(None, outcome, "hit_dropped", sent, facts)
        hit = outcome
    visit: Visit = await caller.write(count_hits, hit)
    return _answer(visit, None, "hit_counted", sent, {"site_id": caller.site.id, "visit_id": visit.id})


def _answer(
    visit: Visit | None, dropped: DropReason | None, event: str, sent: SentHit, facts: Mapping[str, object]
) -> Reply:
    """Return the reply with the visit, or with the reason for dropping the hit; unreadable values are logged."""
    content: CountedVisit = {
        "sessionId": visit.id if visit is not None else None,
        "visitorId": visit.visitor_id if visit is not None else None,
        "dropped": dropped,
    }
    if sent.unreadable:
        facts = {**facts, "passed_over": sent.unreadable}
    tally = [("hit", dropped or COUNTED), *(("hit_value_passed_over", name) for name in sent.unreadable)]
    return replace(success(content, event, **facts), tally=tally)


def read_hit(caller: Caller, sent: SentHit) -> Hit:
    """Build a hit from the parameters; a visitor without an id gets a random id that JavaScript represents exactly."""
    return Hit(
        visitor_id=sent.get("visitorId") or str(1 + secrets.randbelow(ID_MAX)),
        url=sent["url"],
        referrer=sent.get("referrer", ""),
        ip=sent.get("ip", "" if "ip" in sent.unreadable else caller.ip),
        user_agent=sent.get("userAgent") or agent_of_request(caller, sent),
        google_client_id=sent.get("googleClientId"),
        yandex_client_id=sent.get("yandexClientId"),
        attrs=sent.get("attrs", {}),
    )


def respect_do_not_track(caller: Caller, hit: Hit) -> Hit | DropReason:
    """Return the hit, or the reason for dropping it if the browser asks not to be tracked and the site honours that."""
    asks = caller.header(b"dnt") == "1" or caller.header(b"sec-gpc") == "1"
    return DropReason.DO_NOT_TRACK if asks and caller.site.respects_do_not_track else hit


def add_equipment(_caller: Caller, hit: Hit) -> Hit | DropReason:
    """Return the hit with device, operating system and browser, or the reason for dropping it if a robot sent it."""
    equipment = equipment_of(hit.user_agent)
    if equipment.is_robot:
        return DropReason.ROBOT
    return replace(hit, device=equipment.device, os=equipment.os, browser=equipment.browser)


def add_city(_caller: Caller, hit: Hit) -> Hit:
    """Return the hit with the city of its IP address."""
    return replace(hit, city=city_of(hit.ip))


STEPS: tuple[Callable[[Caller, Hit], Hit | DropReason], ...] = (respect_do_not_track, add_equipment, add_city)
"""The steps before a hit is counted; each returns the hit, or the reason for dropping it."""
