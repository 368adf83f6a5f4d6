"""The versions of a deal: who changed which fields and when, with the values before and after."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dealtrace.deals.changes import FURTHER, UNSET, Unset, changed_fields, is_same_status
from dealtrace.deals.deal import Deal, DealId
from dealtrace.record import record

FIRST_VERSION = 1
"""The number of a deal's first version, which records the registration; retries are answered from this version."""

Fields = Mapping[str, Any]
"""Values of a deal by field name, typed Any: each field has its own type, and `replace` takes values by name."""


TIME_FIELDS = frozenset({"happened_at", "status_since", "deleted_at"})
"""The fields of versions whose values are instants; in JSON form, these are ISO 8601 strings."""
LEAD = "lead"
"""The field of versions that has the kind and the id of the deal's lead."""


class VersionKind(StrEnum):
    """The kinds of version, by the operation that creates them."""

    REGISTERED = "registered"
    CHANGED = "changed"
    DELETED = "deleted"
    RESTORED = "restored"
    MATCHED = "matched"
    PINNED = "pinned"
    UNPINNED = "unpinned"


@record
class DealVersion:
    """A version of a deal; `before` and `after` have the values of the fields that it changed, by name.

    `token_id` and `user_id` identify who changed the deal; both are `None` if a command or matching changed it. Values
    have the types of a deal's fields, or are in JSON form in versions read from the database.
    """

    deal_id: DealId
    version: int
    kind: VersionKind
    recorded_at: datetime
    token_id: int | None
    before: Fields
    after: Fields
    user_id: int | None = None


def first_version(
    deal: Deal, amount_as_sent: str, token_id: int | None, matcher: int | None = None, *, user_id: int | None = None
) -> DealVersion:
    """Return the first version of a deal: all its fields, and the amount as sent, for the response to a retry.

    If the deal has a currency, the version has it, too. If the deal has matchers, the version also has the fields of
    the deals API 2.0, and the position of the `matcher` that decided where the deal came from.
    """
    after: dict[str, object] = {
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
    if deal.currency is not None:
        after["currency"] = deal.currency
    if deal.matchers:
        after |= {name: getattr(deal, name) for name in FURTHER} | {"matcher": matcher, "visit_id": deal.visit_id}
    return DealVersion(deal.id, FIRST_VERSION, VersionKind.REGISTERED, deal.recorded_at, token_id, {}, after, user_id)


def next_version(
    before: Deal, after: Deal, kind: VersionKind, *, token_id: int | None = None, user_id: int | None = None
) -> DealVersion:
    """Return the version that turns `before` into `after`; the fields that it records depend on `kind`."""
    if kind is VersionKind.CHANGED:
        earlier, later = changed_fields(before, after)
    else:
        names = [_FIELD_OF[kind], *(["visit_id"] if before.visit_id != after.visit_id else [])]
        earlier, later = ({name: getattr(deal, name) for name in names} for deal in (before, after))
    return DealVersion(after.id, after.version, kind, after.touched_at, token_id, earlier, later, user_id)


_FIELD_OF = {
    VersionKind.DELETED: "deleted_at",
    VersionKind.RESTORED: "deleted_at",
    VersionKind.MATCHED: "lead",
    VersionKind.PINNED: "lead",
    VersionKind.UNPINNED: "lead",
}


def follows_matchers(version: DealVersion, previous: DealVersion | None) -> bool:
    """Return whether a version stores a new match that was made because `previous` changed the deal's matchers.

    `previous` is the version before `version`. If `previous` caused the new match, both versions have the same time.
    """
    return (
        version.kind is VersionKind.MATCHED
        and previous is not None
        and "matchers" in previous.after
        and previous.recorded_at == version.recorded_at
    )


def as_of(deal: Deal, version: int, versions: Iterable[DealVersion]) -> Deal:
    """Return a deal as it was at `version`, by undoing what later versions among `versions` changed.

    The values in each version's `before` must have the types of the fields of `Deal`, not their JSON form. `touched_at`
    is not undone. `status_since` is undone only if `before` has it; see `changed_fields`.
    """
    later = [candidate for candidate in versions if candidate.version > version]
    for reverted in sorted(later, key=lambda candidate: candidate.version, reverse=True):
        deal = replace(deal, **reverted.before)
    return replace(deal, version=version) if later else deal


def without_person(fields: Fields) -> Fields:
    """Return the fields of a version, in their JSON form, without the values that may identify the client."""
    clue = {"clue": {**fields["clue"], "contact": None}} if "clue" in fields else {}
    emptied = {name: empty for name, empty in _EMPTY.items() if name in fields}
    return {name: None if name in _MAY_NAME_A_PERSON else value for name, value in fields.items()} | clue | emptied


_MAY_NAME_A_PERSON = ("manager", "comment", "custom_values")
_EMPTY: Fields = {"details": {}, "matchers": []}
"""When a client's data is erased, these fields, which may identify the client, are set to these empty values."""


def stamp(before: Deal, after: Deal, now: datetime, stated: datetime | Unset | None = UNSET) -> Deal:
    """Return `after` as the next version of `before`, changed at `now`.

    A new status begins at `now`, unless `stated` gives the time when the status began.
    Ours: a status that is only spelled differently is not new. Otherwise a CRM that writes `Paid` instead of `paid`
    would move past sales to today in reports by the date of change.
    """
    since = before.status_since if is_same_status(before.status, after.status) else now
    since = since if isinstance(stated, Unset) else stated
    return replace(after, changed_at=now, touched_at=now, status_since=since, version=before.version + 1)
