"""`tag/lead/add` and similar endpoints: add tags, managers, comments and custom fields to up to 100 leads at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from dealtrace.calltouch.answers.outcomes import AnnotatedLead, LeadsAnnotation, LeadsCommenting, annotated_lead
from dealtrace.calltouch.json_bodies import (
    FieldValue,
    Tag,
    joined_tags,
    list_schema,
    outcomes_in_order,
    read_item,
    read_items,
    read_or_refuse,
    values_by_field,
)
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.leads.matching_elements import ELEMENT_PARAMS, FINDING, FINDS_NOTHING, Element, read_matching
from dealtrace.calltouch.parameters import (
    CUSTOM,
    CUSTOM_FIELDS,
)
from dealtrace.calltouch.wire_types import ManagerObjects, MatchingElements, TagObjects, Tags
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.http.caller import Caller
from dealtrace.http.journal_note import note_refused_items
from dealtrace.http.json_item_keys import ListedItems
from dealtrace.http.parameter_table import Parameter
from dealtrace.http.parameter_types import Flag, Text
from dealtrace.http.replies import Reply, success
from dealtrace.leads.annotations import Addition
from dealtrace.leads.limits import COMMENT_LENGTH_MAX, CUSTOM_VALUE_LENGTH_MAX, LABEL_LENGTH_MAX, MANAGERS_MAX
from dealtrace.operations.leads.annotate import AnnotationCall, LeadAnnotation, annotate_leads
from dealtrace.plain_text import is_blank
from dealtrace.quota.points import PaidMethod


class Manager(msgspec.Struct, frozen=True):
    """A manager sent as an object."""

    manager: SentScalar = None


class AddedTags(msgspec.Struct, frozen=True, rename="camel"):
    """Tags to add; with `overwrite` they replace the lead's tags."""

    tags: Sequence[Tag | SentScalar] = ()
    overwrite: bool = False


class AddedManagers(msgspec.Struct, frozen=True, rename="camel"):
    """Managers to add; with `overwrite` they replace the lead's managers."""

    managers: Sequence[Manager | SentScalar] = ()
    overwrite: bool = False


class AddedFields(msgspec.Struct, frozen=True, rename="camel"):
    """Values of custom fields to add; with `overwrite` they replace the lead's values."""

    custom_fields: Sequence[FieldValue] = ()
    overwrite: bool = False


class AnnotationItem(msgspec.Struct, frozen=True, rename="camel"):
    """An item of the request's list: a lead and what to add to it; each endpoint reads only what it can add."""

    matching: Sequence[Element] | None = None
    add_tags: AddedTags | None = None
    add_managers: AddedManagers | None = None
    add_comment: SentScalar = None
    add_custom_fields: AddedFields | None = None


Value = TypeVar("Value")


@dataclass(frozen=True)
class AnnotationEndpoint:
    """An endpoint that annotates leads; the request's body lists them under `name`.

    `read` parses the annotations of a lead; `answer` builds the answer from the results.
    """

    name: str
    paid: PaidMethod
    parameters: tuple[Parameter, ...]
    read: Callable[[AnnotationItem], Addition]
    answer: Callable[[list[AnnotatedLead]], LeadsAnnotation | LeadsCommenting]

    def items_of(self, body: bytes) -> ListedItems:
        """Return the items of the list in a request body."""
        return read_items(body, self.name)

    def described(self) -> list[Parameter]:
        """List the parameters of a lead."""
        return [MATCHING, *self.parameters]

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of the request body."""
        return list_schema(self.name, self.described(), ["matching"])

    async def respond(self, caller: Caller, items: Sequence[object]) -> Reply:
        """Annotate the leads that the valid items identify, and answer with a result for each item, in input order.

        Ours: the vendor documents no answer; this answer has the kind and id of each lead.
        """
        read = [read_or_refuse(self._read, caller, item) for item in items]
        valid = [item for item in read if isinstance(item, LeadAnnotation)]
        stored = await caller.write(annotate_leads, AnnotationCall(self.paid, valid), size=len(items))
        final = outcomes_in_order(read, stored)
        note_refused_items(caller.scope, final, items)
        leads = [annotated_lead(outcome, caller.language) for outcome in final]
        facts = {"site_id": caller.site.id, "leads": len(leads), "updated": sum(lead["updated"] for lead in leads)}
        return success(self.answer(leads), "leads_remarked", method=self.paid.value, **facts)

    def _read(self, caller: Caller, item: object) -> LeadAnnotation:
        read = read_item(item, AnnotationItem)
        return LeadAnnotation(read_matching(read.matching, caller.site.time_zone), self.read(read))


def read_added_tags(item: AnnotationItem) -> Addition:
    """Parse the tags that an item adds to its lead."""
    added = item.add_tags or AddedTags()
    tags = parse_checked("addTags.tags", Tags().read, joined_tags(added.tags))
    return Addition(tags=_required("addTags.tags", tags), overwrite=added.overwrite)


def read_managers(item: AnnotationItem) -> Addition:
    """Parse the managers that an item adds to its lead."""
    added = item.add_managers or AddedManagers()
    texts = [scalar_text(name.manager if isinstance(name, Manager) else name) for name in added.managers]
    managers = tuple(
        parse_checked("addManagers.managers", Text(LABEL_LENGTH_MAX).read, text) for text in texts if not is_blank(text)
    )
    check_list_length("addManagers.managers", len(managers), MANAGERS_MAX)
    return Addition(managers=_required("addManagers.managers", managers), overwrite=added.overwrite)


def read_comment(item: AnnotationItem) -> Addition:
    """Parse the comment that an item adds to its lead."""
    comment = parse_checked("addComment", Text(COMMENT_LENGTH_MAX).read, scalar_text(item.add_comment))
    return Addition(comment=_required("addComment", comment))


def read_fields(item: AnnotationItem) -> Addition:
    """Parse the values of custom fields that an item adds to its lead."""
    place = "addCustomFields.customFields"
    added = item.add_custom_fields or AddedFields()
    check_list_length(place, len(added.custom_fields), CUSTOM.members_max)
    values = {
        parse_checked(place, Text(CUSTOM.key_length_max).read, name): parse_checked(
            place, Text(CUSTOM_VALUE_LENGTH_MAX).read, text
        )
        for name, text in values_by_field(
            each for each in added.custom_fields if not is_blank(scalar_text(each.value))
        ).items()
    }
    values = {name: value for name, value in values.items() if name and not is_blank(value)}
    return Addition(custom_values=_required(place, values), overwrite=added.overwrite)


def parse_checked(place: str, read: Callable[[str], Value], text: str) -> Value:
    """Parse `text` with `read` and return the result.

    Raises:
        InvalidParameters: `text` is malformed, too long or has a null byte; the violation names `place`.
    """
    if "\0" in text:
        raise InvalidParameters([Violation(place, "нулевой байт недопустим", "a null byte is not allowed")])
    try:
        return read(text)
    except InvalidValue as fault:
        raise InvalidParameters([Violation(place, fault.ru, fault.en)]) from fault


def _required(place: str, value: Value) -> Value:
    if not value or (isinstance(value, str) and is_blank(value)):
        raise InvalidParameters([Violation(place, "значение не передано", "this value is required")])
    return value


def check_list_length(place: str, count: int, most: int) -> None:
    """Check that a list has at most `most` items.

    Raises:
        InvalidParameters: `count` is more than `most`; the violation names `place`.
    """
    if count > most:
        limit = (f"передано {count}, допускается не более {most}", f"{count} were sent; at most {most} are allowed")
        raise InvalidParameters([Violation(place, *limit)])


def _annotation(leads: list[AnnotatedLead]) -> LeadsAnnotation:
    return {"data": {"leads": leads}}


def _commenting(leads: list[AnnotatedLead]) -> LeadsCommenting:
    return {"data": {"comments": leads}}


MATCHING = Parameter(
    "matching",
    MatchingElements(LABEL_LENGTH_MAX, params=ELEMENT_PARAMS),
    f"Способы найти лид, по порядку: {', '.join(FINDING)}. Эти способы принимаются, но не находят ничего: "
    f"{', '.join(FINDS_NOTHING)}.",
    f"The ways to find the lead, tried in order: {', '.join(FINDING)}. These are accepted "
    f"but find no lead: {', '.join(FINDS_NOTHING)}.",
    required=True,
)
_OVERWRITE = (
    Flag(),
    "Заменить прежние значения; по умолчанию новые добавляются к ним.",
    "Replace the earlier values; by default new values are added to them.",
)

TAGS = AnnotationEndpoint(
    "leads",
    PaidMethod.TAG_LEADS,
    (
        Parameter("addTags.tags", TagObjects(), "Теги лида.", "The lead's tags.", required=True),
        Parameter("addTags.overwrite", *_OVERWRITE),
    ),
    read_added_tags,
    _annotation,
)
MANAGERS = AnnotationEndpoint(
    "leads",
    PaidMethod.MANAGE_LEADS,
    (
        Parameter("addManagers.managers", ManagerObjects(LABEL_LENGTH_MAX), "Менеджеры.", "Managers.", required=True),
        Parameter("addManagers.overwrite", *_OVERWRITE),
    ),
    read_managers,
    _annotation,
)
COMMENTS = AnnotationEndpoint(
    "comments",
    PaidMethod.COMMENT_LEADS,
    (Parameter("addComment", Text(COMMENT_LENGTH_MAX), "Комментарий.", "A comment on the lead.", required=True),),
    read_comment,
    _commenting,
)
FIELDS = AnnotationEndpoint(
    "leads",
    PaidMethod.FIELD_LEADS,
    (
        Parameter(
            "addCustomFields.customFields", CUSTOM_FIELDS.type, CUSTOM_FIELDS.ru, CUSTOM_FIELDS.en, required=True
        ),
        Parameter("addCustomFields.overwrite", *_OVERWRITE),
    ),
    read_fields,
    _annotation,
)
