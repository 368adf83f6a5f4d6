"""Changes to a deal: a parameter that is not sent leaves its value unchanged, and an empty one erases the value."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from dealtrace.attribution.traffic_source import NOWHERE, TrafficSource, part_key
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.details import changed_details, search_contacts_of
from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.deals.matchers import Matcher, stated_source_of
from dealtrace.record import record


class Unset(Enum):
    """The type of `UNSET`, which means that a parameter was not sent."""

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
"""The fields of a deal that `update-by-id` may change; versions record their values before and after the change."""
FURTHER = ("margin_rub", "currency", "details", "matchers", "status_since")
"""The fields that only the deals API 2.0 can set; versions record their values before and after a change, too."""


@record
class Change:
    """A change to a deal; fields that are `UNSET` are not changed.

    An erased amount is `None`, an erased string is empty, and erased tags are `()`. `added_tags` and `added_comment`
    are appended. New `matchers` replace both the deal's matchers and the source that the old matchers stated.
    Vendor: «если обновлять значение не требуется, то не передавайте параметр вовсе».
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
    margin_rub: Decimal | Unset | None = UNSET
    currency: str | Unset | None = UNSET
    status_since: datetime | Unset = UNSET
    added_tags: tuple[str, ...] = ()
    added_comment: str = ""
    detail_parts: Mapping[str, object] = field(default_factory=dict)
    matchers: tuple[Matcher, ...] | Unset = UNSET


def apply_change(change: Change, deal: Deal, known_values: Mapping[str, str]) -> Deal:
    """Return `deal` with `change` applied; the result equals `deal` if nothing is different.

    `known_values` are the custom values in `change`, without values of fields that the site does not have. The tags of
    `change` replace all tags of the deal.
    Vendor: «текущее значение в статистике Calltouch будет перезаписано на пустоту».
    """
    sent = {name: value for name in _WHOLE if (value := getattr(change, name)) is not UNSET}
    changed = replace(
        deal,
        **sent,
        custom_values=_merged(deal.custom_values, known_values),
        stated_source=_restated(deal, change.source_parts),
    )
    return _with_more(change, changed)


_WHOLE = (
    "amount_rub",
    "status",
    "service",
    "manager",
    "comment",
    "tags",
    "margin_rub",
    "currency",
    "status_since",
    "matchers",
)
"""The fields that a change replaces entirely."""


def _with_more(change: Change, deal: Deal) -> Deal:
    """Return `deal` with the changes that only the deals API 2.0 can make."""
    if change.added_tags:
        deal = replace(deal, tags=tuple(dict.fromkeys((*deal.tags, *change.added_tags))))
    if change.added_comment:
        deal = replace(deal, comment="\n".join(filter(None, (deal.comment, change.added_comment))))
    if change.detail_parts:
        deal = replace(deal, details=changed_details(deal.details, change.detail_parts))
    if not isinstance(change.matchers, Unset):
        deal = replace(deal, stated_source=stated_source_of(change.matchers))
    return deal


def _merged(values: Mapping[str, str] | None, sent: Mapping[str, str]) -> Mapping[str, str] | None:
    if not sent:
        return values
    return {name: value for name, value in {**(values or {}), **sent}.items() if value}


def _restated(deal: Deal, parts: Mapping[str, str]) -> TrafficSource | None:
    """Return the source stated for a deal, in which `parts` replace the source's parts of the same names.

    If the deal has a lead, the source is returned unchanged.

    Vendor: «Если сделка не привязана ко звонку или заявке, то у нее может быть обновлен существующий или назначен новый
    произвольный источник».
    """
    if deal.lead is not None or not parts:
        return deal.stated_source
    restated = replace(deal.stated_source or NOWHERE, **parts)
    return None if restated.is_empty else restated


def has_same_contacts(before: Deal, after: Deal) -> bool:
    """Return whether the contacts by which a deal is found are the same after a change; see `contact_after`."""
    deciding = (
        (bool(deal.matchers), deal.details.main_contacts, deal.details.other_contacts) for deal in (before, after)
    )
    return next(deciding) == next(deciding)


def contact_after(deal: Deal, registered: SearchContacts | None) -> SearchContacts | None:
    """Return the contacts of a changed deal; journals show these contacts and find the deal by them.

    If the deal has matchers, and its details have contacts, these contacts are returned. Otherwise `registered` is
    returned: the contacts sent to register the deal, or `None` for deals of the deals API 2.0.
    """
    return (search_contacts_of(deal.details) if deal.matchers else None) or registered


def is_same_status(first: str, second: str) -> bool:
    """Return whether two strings are spellings of the same status: surrounding blanks and letter case do not matter.

    Reports group statuses in the same way.
    """
    return part_key(first) == part_key(second)


def changed_fields(before: Deal, after: Deal) -> tuple[dict[str, object], dict[str, object]]:
    """Return the fields that differ between two deals, as values before and values after, each by field name.

    `status_since` is left out if the status is new and began when the deal was changed, because the history has the
    time of each change anyway.
    """
    follows = before.status != after.status and after.status_since == after.touched_at
    names = (*CHANGEABLE, *(FURTHER[:-1] if follows else FURTHER))
    differing = [name for name in names if getattr(before, name) != getattr(after, name)]
    return {name: getattr(before, name) for name in differing}, {name: getattr(after, name) for name in differing}
