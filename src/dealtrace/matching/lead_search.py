"""Which lead a program means that names one in several ways, the first that finds anything being the answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.nearest_lead import nearness
from dealtrace.record import record


class Wanted(StrEnum):
    """Which of several leads a search by contact wants."""

    NEAREST = "nearest"
    NEAREST_UNIQUE = "nearest unique of its kind"
    NEAREST_UNIQUE_LEAD = "nearest unique of either kind"


@record
class TagFilter:
    """Tags that a lead must carry: all of them, or any; none asks for nothing."""

    tags: frozenset[str] = frozenset()
    any_will_do: bool = False

    def admits(self, tags: Iterable[str]) -> bool:
        """Whether a lead with these tags is meant."""
        shared = self.tags.intersection(tags)
        return bool(shared) or not self.tags if self.any_will_do else shared == self.tags


@record
class SearchById:
    """Look for one lead by our id."""

    ref: LeadRef
    tags: TagFilter = TagFilter()


@record
class SearchByContact:
    """Look among the leads of these kinds that have one of these contacts, as they are compared.

    They began no later than `until` and no earlier than `depth` before it; without a depth, ever.
    """

    kinds: frozenset[LeadKind]
    contacts: tuple[str, ...]
    until: datetime
    depth: timedelta | None = None
    wanted: Wanted = Wanted.NEAREST
    tags: TagFilter = TagFilter()


LeadSearch = SearchById | SearchByContact


@record
class Prospect:
    """A lead that a search may mean, and what is asked of it."""

    span: LeadSpan
    tags: tuple[str, ...]
    is_unique: bool
    is_unique_lead: bool


def choose(search: SearchByContact, prospects: Iterable[Prospect]) -> LeadRef | None:
    """Choose the lead that a search by contact means: the nearest to its moment that is all it asks for.

    Ours: ties are decided as everywhere, and both ends of the depth belong to it.
    """
    meant = [one.span for one in prospects if _fits(search, one)]
    return max(meant, key=nearness).ref if meant else None


def _fits(search: SearchByContact, one: Prospect) -> bool:
    span = one.span
    unique = {
        Wanted.NEAREST: True,
        Wanted.NEAREST_UNIQUE: one.is_unique,
        Wanted.NEAREST_UNIQUE_LEAD: one.is_unique_lead,
    }
    return (
        span.ref.kind in search.kinds
        and span.contact in search.contacts
        and span.started_at <= search.until
        and (search.depth is None or search.until - span.started_at <= search.depth)
        and search.tags.admits(one.tags)
        and unique[search.wanted]
    )
