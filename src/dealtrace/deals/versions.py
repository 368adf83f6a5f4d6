"""What became of a deal, version by version: who changed what, when, before and after."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dealtrace.deals.changes import difference
from dealtrace.deals.deal import Deal, DealId
from dealtrace.record import record

FIRST_VERSION = 1
"""The version a registration makes; it also keeps what the registration was answered with."""


class VersionKind(StrEnum):
    """What made a version."""

    REGISTERED = "registered"
    CHANGED = "changed"
    DELETED = "deleted"
    RESTORED = "restored"
    MATCHED = "matched"
    PINNED = "pinned"
    UNPINNED = "unpinned"


@record
class DealVersion:
    """One version of a deal; `before` and `after` hold the fields it made different.

    `token_id` is `None` when a person did it by command, or a lead that came in.
    """

    deal_id: DealId
    version: int
    kind: VersionKind
    recorded_at: datetime
    token_id: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def first_version(deal: Deal, amount_as_sent: str, token_id: int | None) -> DealVersion:
    """Write down a registration: the whole deal, and the sum as it was sent, so that a retry can be answered alike."""
    after = {
        "number": deal.number,
        "status": deal.status,
        "amount_rub": deal.amount_rub,
        "amount_as_sent": amount_as_sent,
        "happened_at": deal.happened_at,
        "service": deal.service,
        "manager": deal.manager,
        "comment": deal.comment,
        "tags": deal.tags,
        "custom_values": deal.custom_values,
        "stated_source": deal.stated_source,
        "clue": deal.clue,
        "lead": deal.lead,
    }
    return DealVersion(deal.id, FIRST_VERSION, VersionKind.REGISTERED, deal.recorded_at, token_id, {}, after)


def next_version(before: Deal, after: Deal, kind: VersionKind, token_id: int | None = None) -> DealVersion:
    """Return the version that turns `before` into `after`, with the fields that a version of this kind holds."""
    if kind is VersionKind.CHANGED:
        earlier, later = difference(before, after)
    else:
        name = _FIELD_OF[kind]
        earlier, later = {name: getattr(before, name)}, {name: getattr(after, name)}
    return DealVersion(after.id, after.version, kind, after.touched_at, token_id, earlier, later)


_FIELD_OF = {
    VersionKind.DELETED: "deleted_at",
    VersionKind.RESTORED: "deleted_at",
    VersionKind.MATCHED: "lead",
    VersionKind.PINNED: "lead",
    VersionKind.UNPINNED: "lead",
}


def as_of(deal: Deal, version: int, versions: Iterable[DealVersion]) -> Deal:
    """Tell how a deal stood as `version` left it: what later ones of its `versions` made different is taken back.

    What they hold `before` must be values of a deal, not as JSON keeps them. When a deal was touched is left alone.
    """
    later = sorted((one for one in versions if one.version > version), key=lambda one: one.version, reverse=True)
    for one in later:
        deal = replace(deal, **one.before)
    return replace(deal, version=version) if later else deal


def without_person(told: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a version's fields, as JSON keeps them, whatever may tell of the deal's client."""
    kept: dict[str, Any] = {name: None if name in _MAY_NAME_A_PERSON else value for name, value in told.items()}
    if "clue" in kept:
        kept["clue"] = {**kept["clue"], "contact": None}
    return kept


_MAY_NAME_A_PERSON = ("comment", "custom_values")
