"""The tags, comments and custom fields that were added to a lead or a deal through the API."""

from collections.abc import Mapping
from typing import Literal, TypedDict

from dealtrace.calltouch.answers.formats import Id

TagType = Literal["API"]


class TagGroup(TypedDict):
    """A group of tags; `category` is always empty, and `type` always `API`."""

    category: str
    type: TagType
    names: list[str]


class CallComment(TypedDict):
    """A comment on a call; `commentId` is the id of the call."""

    commentId: Id
    callId: Id
    comment: str
    partyId: int | None
    partyName: str | None


class LeadRequestComment(TypedDict):
    """A comment on a lead request; `commentId` is the id of the lead request."""

    commentId: Id
    requestId: Id
    comment: str
    partyId: int | None
    partyName: str | None


class FieldAnswer(TypedDict):
    """The value of a custom field."""

    field: str
    value: str


def tag_groups(names: tuple[str, ...]) -> list[TagGroup]:
    """Build the list of tag groups: a single group with all tags, or an empty list if there are no tags."""
    return [{"category": "", "type": "API", "names": list(names)}] if names else []


def call_comments(call_id: int, text: str | None) -> list[CallComment]:
    """Build the list of a call's comments: a single comment, or an empty list if there is no text."""
    if not text:
        return []
    return [{"commentId": call_id, "callId": call_id, "comment": text, "partyId": None, "partyName": None}]


def lead_request_comments(lead_request_id: int, text: str | None) -> list[LeadRequestComment]:
    """Build the list of a lead request's comments: a single comment, or an empty list if there is no text."""
    if not text:
        return []
    ids = lead_request_id
    return [{"commentId": ids, "requestId": ids, "comment": text, "partyId": None, "partyName": None}]


def field_answers(values: Mapping[str, str] | None) -> list[FieldAnswer]:
    """Build the list of custom fields with their values."""
    return [{"field": name, "value": value} for name, value in (values or {}).items()]
