"""Parse `matching`: the searches with which a program identifies a lead, tried one after another."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from dealtrace import clock
from dealtrace.calltouch.answers.formats import utc_of_wall_clock
from dealtrace.calltouch.json_bodies import StatedSource
from dealtrace.calltouch.json_keys import value_of
from dealtrace.calltouch.json_scalars import SentScalar, scalar_text
from dealtrace.calltouch.wire_types import DASHED, WallClock
from dealtrace.deals.matchers import Preference
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.http.parameter_types import Choice, Integer, Text
from dealtrace.leads.contact import list_emails, list_phones
from dealtrace.leads.lead import KINDS_BY_NAME, LeadKind, LeadRef
from dealtrace.leads.limits import EMAIL_LENGTH_MAX, PHONE_LENGTH_MAX, TAG_LENGTH_MAX, TAGS_MAX
from dealtrace.matching.lead_search import LeadSearch, SearchByContact, SearchById, TagFilter
from dealtrace.plain_text import is_blank
from dealtrace.record import record

ELEMENTS_MAX = 20
SEARCHED_CONTACTS_MAX = 100
_TOO_MANY = (f"допускается не более {SEARCHED_CONTACTS_MAX}", f"at most {SEARCHED_CONTACTS_MAX} are allowed")
DEPTH_MINUTES_MAX = 100 * 366 * 24 * 60

Read = TypeVar("Read")
_WANTED = Choice(
    {
        "nearest": Preference.NEAREST,
        "nearestUniq": Preference.NEAREST_UNIQUE,
        "nearestUniqLead": Preference.NEAREST_UNIQUE_LEAD,
    }
)
_DIGEST = re.compile("[0-9a-f]{32}")
_LOGIC = Choice({"and": False, "or": True})
_ID, _DATE, _DEPTH = Integer(1), WallClock(DASHED), Integer(0, DEPTH_MINUTES_MAX)
_PHONE, _EMAIL = Text(PHONE_LENGTH_MAX), Text(EMAIL_LENGTH_MAX)
BOTH = frozenset(LeadKind)


class Params(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of an element of `matching`; the element's type decides which parameters are read."""

    call_id: SentScalar = None
    request_id: SentScalar = None
    phones: Sequence[SentScalar] = ()
    emails: Sequence[SentScalar] = ()
    md5_phones: Sequence[SentScalar] = ()
    date: SentScalar = None
    search_depth: SentScalar = None
    lead_type_to_match: SentScalar = None
    request_type_to_match: SentScalar = None
    call_type_to_match: SentScalar = None
    tags: Sequence[SentScalar] = ()
    tags_logic: SentScalar = None


class VisitParams(msgspec.Struct, frozen=True, rename="camel"):
    """The ids of visits."""

    session_id: Sequence[SentScalar] | SentScalar = None


class Element(msgspec.Struct, frozen=True, rename="camel"):
    """An item of the list `matching` in a request: one way to search for a lead, or for the source of a deal."""

    type: SentScalar = None
    call_params: Params | None = None
    request_params: Params | None = None
    lead_contact_params: Params | None = None
    call_contact_params: Params | None = None
    request_contact_params: Params | None = None
    custom_source_params: StatedSource | None = None
    session_params: VisitParams | None = None


_OF_TAGS, _OF_SEARCH = ("tags", "tagsLogic"), ("date", "tags", "tagsLogic", "searchDepth")
_OF_LEADS = ("phones", "emails", "md5Phones", *_OF_SEARCH)
_OF_CHATS = ("phones", "emails", "waPhones", "tgIds", "tgUsernames", "vkIds", *_OF_SEARCH, "chatTypeToMatch")
ELEMENT_PARAMS: Mapping[str, Sequence[str]] = {
    "callParams": ("callId", *_OF_TAGS),
    "requestParams": ("requestId", *_OF_TAGS),
    "leadContactParams": (*_OF_LEADS, "leadTypeToMatch", "searchAmongPhonesInText", "withChats"),
    "requestContactParams": (*_OF_LEADS, "requestTypeToMatch"),
    "callContactParams": (*_OF_LEADS, "callTypeToMatch"),
    "customSourceParams": ("source", "medium", "campaign", "content", "term"),
    "sessionParams": ("sessionId",),
    "chatParams": ("chatId", *_OF_TAGS),
    "chatContactParams": _OF_CHATS,
}
"""The keys under which an element of `matching` has its parameters, each with the keys of these parameters.

The keys of chats, `searchAmongPhonesInText` and `withChats` exist in the vendor's API but have no effect here.
"""


@record
class _Contacts:
    """A way to search for a lead by contact, as an item of the list `matching` in a request.

    `params` is the key under which the item has its parameters, `kinds` are the kinds of lead to search for, and
    `wanted` is the parameter that determines which lead to choose.
    """

    params: str
    kinds: frozenset[LeadKind]
    wanted: str


_BY_ID: Mapping[str, tuple[str, LeadKind]] = {name: (f"{name}Id", kind) for name, kind in KINDS_BY_NAME.items()}
_BY_CONTACT: Mapping[str, _Contacts] = {
    "leadContact": _Contacts("leadContactParams", BOTH, "leadTypeToMatch"),
    "callContact": _Contacts("callContactParams", frozenset({LeadKind.CALL}), "callTypeToMatch"),
    "requestContact": _Contacts("requestContactParams", frozenset({LeadKind.LEAD_REQUEST}), "requestTypeToMatch"),
}
FINDING = (*_BY_ID, *_BY_CONTACT)
"""The types of the elements of `matching` that search for a lead."""
FINDS_NOTHING = ("chat", "chatContact", "customSources", "withoutSource")
"""Ours: elements of `matching` that have these types find no lead: there are no chats, and a source is not a lead."""


def read_matching(elements: Sequence[Element] | None, time_zone: ZoneInfo) -> tuple[LeadSearch, ...]:
    """Return the searches in `matching`, in input order; elements of the types in `FINDS_NOTHING` are left out.

    Raises:
        InvalidParameters: there are no elements or too many, or an element is invalid; one violation for each
            invalid value.
    """
    if not elements or len(elements) > ELEMENTS_MAX:
        limit = (
            f"ожидается список от 1 до {ELEMENTS_MAX} элементов",
            f"a list of 1 to {ELEMENTS_MAX} elements is expected",
        )
        raise InvalidParameters([Violation("matching", *limit)])
    faults: list[Violation] = []
    searches = [
        search
        for number, element in enumerate(elements)
        if (search := ElementReader(element, f"matching[{number}]", time_zone, faults).read()) is not None
    ]
    if faults:
        raise InvalidParameters(faults)
    return tuple(searches)


class ElementReader:
    """A parser of one element of `matching`; it adds violations to `faults`.

    `place` is the path of the element for violations, such as `matching[0]`. A search by contact considers leads up to
    the date in the element, or else up to `until`, or else up to now. With `by_digest`, phones may be MD5 digests.
    `further` lists types that the caller parses itself; the violation for an unknown type lists them too.
    """

    def __init__(
        self,
        element: Element,
        place: str,
        time_zone: ZoneInfo,
        faults: list[Violation],
        *,
        until: datetime | None = None,
        by_digest: bool = False,
        further: Sequence[str] = (),
    ) -> None:
        self._element = element
        self._place = place
        self._time_zone = time_zone
        self._faults = faults
        self._until = until
        self._by_digest = by_digest
        self._further = further

    def read(self) -> LeadSearch | None:
        """Return the search that the element describes, or `None` if the element is invalid or describes no search."""
        kind = self._element.type
        if kind in _BY_ID:
            return self._by_id(*_BY_ID[str(kind)], params=f"{kind}Params")
        if kind in _BY_CONTACT:
            return self._by_contact(_BY_CONTACT[str(kind)])
        if kind not in FINDS_NOTHING:
            known = ", ".join([*FINDING, *FINDS_NOTHING, *self._further])
            self._add_violation("type", f"ожидается одно из: {known}", f"one of these is expected: {known}")
        return None

    def _by_id(self, name: str, kind: LeadKind, *, params: str) -> SearchById | None:
        sent = self._params(params)
        lead_id = self._word(f"{params}.{name}", value_of(sent, name), _ID.read)
        if lead_id is None:
            self._require(f"{params}.{name}")
            return None
        return SearchById(LeadRef(kind, lead_id), self._tags(params, sent))

    def _by_contact(self, where: _Contacts) -> SearchByContact | None:
        params = where.params
        sent = self._params(params)
        if sent.md5_phones and not self._by_digest:
            self._add_violation(
                f"{params}.md5Phones", "вместо MD5 передайте phones", "MD5 hashes are not accepted; send phones instead"
            )
        contacts = [
            *self._contacts(f"{params}.phones", sent.phones, _PHONE, list_phones),
            *self._contacts(f"{params}.emails", sent.emails, _EMAIL, list_emails),
        ]
        if not (sent.phones or sent.emails or sent.md5_phones):
            self._require(f"{params}.phones")
        started_at = self._word(f"{params}.date", sent.date, _DATE.read)
        minutes = self._word(f"{params}.searchDepth", sent.search_depth, _DEPTH.read)
        return SearchByContact(
            where.kinds,
            tuple(contacts),
            utc_of_wall_clock(started_at, self._time_zone) if started_at is not None else self._until or clock.now(),
            timedelta(minutes=minutes) if minutes is not None else None,
            self._word(f"{params}.{where.wanted}", value_of(sent, where.wanted), _WANTED.read) or Preference.NEAREST,
            self._tags(params, sent),
        )

    def digests(self) -> tuple[str, ...]:
        """List the MD5 digests of phones in this element of `matching`, in lower case; other strings are ignored."""
        where = _BY_CONTACT.get(str(self._element.type))
        sent: Params | None = value_of(self._element, where.params) if where is not None else None
        sent_digests = sent.md5_phones if sent is not None else ()
        if where is None or not sent_digests:
            return ()
        if len(sent_digests) > SEARCHED_CONTACTS_MAX:
            self._add_violation(f"{where.params}.md5Phones", *_TOO_MANY)
            return ()
        digests = (str(word).strip().lower() for word in sent_digests if word is not None)
        return tuple(dict.fromkeys(digest for digest in digests if _DIGEST.fullmatch(digest)))

    def _params(self, name: str) -> Params:
        sent: Params | None = value_of(self._element, name)
        if sent is None:
            self._require(name)
        return sent or Params()

    def _tags(self, params: str, sent: Params) -> TagFilter:
        if not sent.tags and sent.tags_logic is None:
            return TagFilter()
        tags = [str(tag) for tag in sent.tags if tag is not None]
        if len(tags) > TAGS_MAX or any(len(tag) > TAG_LENGTH_MAX for tag in tags):
            limit = (
                f"допускается не более {TAGS_MAX} тегов по {TAG_LENGTH_MAX} символов",
                f"at most {TAGS_MAX} tags, each of at most {TAG_LENGTH_MAX} characters, are allowed",
            )
            self._add_violation(f"{params}.tags", *limit)
        logic = self._word(f"{params}.tagsLogic", sent.tags_logic, _LOGIC.read)
        return TagFilter(frozenset(tags), any_will_do=bool(logic))

    def _contacts(
        self, place: str, sent: Sequence[SentScalar], kind: Text, listed: Callable[[str], Sequence[str]]
    ) -> Iterator[str]:
        """Yield all contacts in a list of an element of `matching`, in normal form.

        Ours: a string that contains no contact is ignored.
        """
        if len(sent) > SEARCHED_CONTACTS_MAX:
            self._add_violation(place, *_TOO_MANY)
            return
        for word in sent:
            text = self._word(place, word, kind.read)
            yield from listed(text) if text is not None else ()

    def _word(self, place: str, word: SentScalar, read: Callable[[str], Read]) -> Read | None:
        if word is None or is_blank(scalar_text(word)):
            return None
        try:
            return read(scalar_text(word))
        except InvalidValue as fault:
            self._add_violation(place, fault.ru, fault.en)
            return None

    def _require(self, place: str) -> None:
        if not any(fault.field == f"{self._place}.{place}" for fault in self._faults):
            self._add_violation(place, "обязательное значение не передано", "a required value is missing")

    def _add_violation(self, place: str, ru: str, en: str) -> None:
        self._faults.append(Violation(f"{self._place}.{place}", ru, en))
