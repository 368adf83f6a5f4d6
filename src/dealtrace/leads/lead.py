"""What calls and lead requests have in common: a kind, an id, and a time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from dealtrace.record import record


class LeadKind(StrEnum):
    """The two kinds of lead."""

    CALL = "call"
    LEAD_REQUEST = "lead_request"


LeadKindName = Literal["call", "request"]
KIND_NAMES: Mapping[LeadKind, LeadKindName] = {LeadKind.CALL: "call", LeadKind.LEAD_REQUEST: "request"}
"""The names of the kinds in requests, answers, reports, commands, and paths of pages."""
KINDS_BY_NAME: Mapping[str, LeadKind] = {name: kind for kind, name in KIND_NAMES.items()}


@record
class LeadRef:
    """A reference to a lead of a site by its kind and id."""

    kind: LeadKind
    id: int


def ids_by_kind(leads: Iterable[LeadRef]) -> dict[LeadKind, list[int]]:
    """Return the ids of leads by kind, sorted and without repetitions; a kind without leads is left out."""
    unique = set(leads)
    ids = {kind: sorted(ref.id for ref in unique if ref.kind is kind) for kind in LeadKind}
    return {kind: found for kind, found in ids.items() if found}


@record
class LeadSpan:
    """One contact of a lead, and the start and end of the lead, for matching.

    For a lead request, the end equals the start. `reference` is a call's id in its PBX or a lead
    request's number on the site, empty if there is none; leads with equal times are ordered by `reference`.
    """

    ref: LeadRef
    contact: str
    started_at: datetime
    ended_at: datetime
    reference: str = ""
