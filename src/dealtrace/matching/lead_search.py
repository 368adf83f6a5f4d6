"""The search for the lead that a deal came from, and for a lead by an id or by contacts that a program sends."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.deals.matchers import Matcher, MatcherKind, Preference
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.window import nearness
from dealtrace.record import record

SEARCH_ORDER = (LeadKind.CALL, LeadKind.LEAD_REQUEST)
"""The order in which the kinds of lead are searched for a phone; see the vendor's rule in `searches_for`."""


@record
class Search:
    """A search step: the kind of lead to look for, and the contact that the lead must have."""

    contact: str
    kind: LeadKind


def searches_for(clue: SearchContacts, precedence: Sequence[LeadKind] = SEARCH_ORDER) -> Iterator[Search]:
    """Yield the search steps in order; the first step that finds a lead ends the search.

    Phones are tried in the order written; all kinds of lead are searched for one phone before the next phone is tried.
    Only lead requests are searched for e-mails.
    Vendor: «Если параметр не передан, то поиск сначала среди звонков, потом среди заявок».
    Vendor: «По переданной почте будет выполняться поиск заявки».
    Ours: the phone is tried before the e-mail, because it identifies a person more reliably.
    """
    kinds = (clue.only_kind,) if clue.only_kind is not None else precedence
    for phone in clue.phone.normals if clue.phone is not None else ():
        for kind in kinds:
            yield Search(phone, kind)
    if clue.email is not None and LeadKind.LEAD_REQUEST in kinds:
        for email in clue.email.normals:
            yield Search(email, LeadKind.LEAD_REQUEST)


def searched_contacts(clue: SearchContacts) -> set[str]:
    """Return the contacts, in normal form, that the search for a deal's lead looks for."""
    return {search.contact for search in searches_for(clue)}


@record
class TagFilter:
    """The tags that a lead must have: all of them, or with `any_will_do` at least one; without tags, any lead fits."""

    tags: frozenset[str] = frozenset()
    any_will_do: bool = False

    def admits(self, tags: Iterable[str]) -> bool:
        """Return whether the filter accepts a lead with these tags."""
        shared = self.tags.intersection(tags)
        return bool(shared) or not self.tags if self.any_will_do else shared == self.tags


@record
class SearchById:
    """A search for a lead by its id."""

    ref: LeadRef
    tags: TagFilter = TagFilter()


@record
class SearchByContact:
    """A search for a lead that is of one of the `kinds` and has one of the `contacts`, which are in normal form.

    A lead must have begun at or before `until`, but not more than `depth` before `until`; a `depth` of `None` means no
    limit.
    """

    kinds: frozenset[LeadKind]
    contacts: tuple[str, ...]
    until: datetime
    depth: timedelta | None = None
    preference: Preference = Preference.NEAREST
    tags: TagFilter = TagFilter()


LeadSearch = SearchById | SearchByContact


def search_of(matcher: Matcher) -> LeadSearch | None:
    """Return the search that a matcher describes, or `None` if the matcher does not describe a search for a lead.

    A matcher is a way to find out where a deal came from.
    Ours: a search by contact needs `until`, the latest start of a lead.
    """
    tags = TagFilter(frozenset(matcher.tags), any_will_do=matcher.any_tag)
    if matcher.way is MatcherKind.ID and matcher.lead_id is not None:
        return SearchById(LeadRef(matcher.kinds[0], matcher.lead_id), tags)
    if matcher.way is MatcherKind.CONTACT and matcher.until is not None:
        kinds = frozenset(matcher.kinds)
        return SearchByContact(kinds, matcher.contacts, matcher.until, matcher.depth, matcher.preference, tags)
    return None


@record
class Prospect:
    """A lead that a search may find, with its tags.

    `is_unique` is whether it is unique among leads of its kind, and `is_unique_lead` whether it is unique among all
    leads.
    """

    span: LeadSpan
    tags: tuple[str, ...]
    is_unique: bool
    is_unique_lead: bool


def choose(search: SearchByContact, prospects: Iterable[Prospect]) -> LeadRef | None:
    """Return the lead that began last of those that a search by contact accepts, or `None` if it accepts none.

    Ours: ties are broken as in `nearness`. A lead that began exactly at the `until` of the search, or exactly `depth`
    before it, is accepted.
    """
    matching = [prospect.span for prospect in prospects if accepts(search, prospect)]
    return max(matching, key=nearness).ref if matching else None


def accepts(search: SearchByContact, prospect: Prospect) -> bool:
    """Return whether a search by contact accepts a lead."""
    return prospect.span.contact in search.contacts and next(misses(search, prospect), None) is None


class Miss(StrEnum):
    """A reason why a search does not accept a lead, although the lead has a contact that is searched for."""

    KIND = "another kind of lead"
    LATER = "began after the date"
    DEPTH = "beyond the depth"
    TAGS = "lacks the tags"
    UNIQUE = "is not unique"


def misses(search: SearchByContact, prospect: Prospect) -> Iterator[Miss]:
    """Yield each reason why a search does not accept a lead; yield nothing if the search accepts it."""
    span = prospect.span
    if span.ref.kind not in search.kinds:
        yield Miss.KIND
    if span.started_at > search.until:
        yield Miss.LATER
    if search.depth is not None and search.until - span.started_at > search.depth:
        yield Miss.DEPTH
    if not search.tags.admits(prospect.tags):
        yield Miss.TAGS
    if not _is_unique_enough(search.preference, prospect):
        yield Miss.UNIQUE


def _is_unique_enough(preference: Preference, prospect: Prospect) -> bool:
    match preference:
        case Preference.NEAREST:
            return True
        case Preference.NEAREST_UNIQUE:
            return prospect.is_unique
        case Preference.NEAREST_UNIQUE_LEAD:
            return prospect.is_unique_lead
