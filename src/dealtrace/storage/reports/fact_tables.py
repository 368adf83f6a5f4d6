"""The facts of reports as selects that do not depend on where the facts are stored.

A fact is a visit, a lead, a deal, an assist or a cost. A touch is a visit that a lead is credited to. An assist is a
deal counted for a touch of its lead other than the last. Any: the columns of a select depend on the wanted attributes.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Subquery

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.facts import Fact
from dealtrace.reports.question import DateOf
from dealtrace.storage.reports.expressions import Parameters, Selection, parameter

SITE_ID, TARGET_SECONDS = parameter("site_id"), parameter("target_seconds")
"""The id of the site whose facts are selected, and the shortest duration of a target call in seconds."""
AT = "at"
"""The attribute that dates a fact: an instant in microseconds or, for costs, the ordinal of a day."""


class Moment(StrEnum):
    """The time by which a report dates a deal: its own time, or that of its lead, last change or current status."""

    HAPPENED = "happened"
    LEAD = "lead"
    CHANGED = "changed"
    STATUS = "status"


def moment_of_deals(date_of: DateOf) -> Moment:
    """Return which time dates deals in a report."""
    return {DateOf.DEAL: Moment.HAPPENED, DateOf.LEAD: Moment.LEAD, DateOf.CHANGED: Moment.CHANGED}[date_of]


def moments_of_deals(date_of: DateOf) -> tuple[Moment, ...]:
    """Return all times by which a report may date deals.

    Reports by changes date won deals by their status, and other deals by their last change.
    """
    moment = moment_of_deals(date_of)
    return (moment, Moment.STATUS) if date_of is DateOf.CHANGED else (moment,)


def parameters_of_site(site: Site) -> Parameters:
    """Return the parameters that every statement over the facts of a site takes."""
    return {SITE_ID.key: site.id, TARGET_SECONDS.key: site.target_call // timedelta(seconds=1)}


class FactTables(Hashable, Protocol):
    """The facts of a site as selects with the id of the site as a parameter; equal objects build equal statements.

    Every select has the column `id` and a column for each wanted attribute. Attributes have the names of dimensions, or
    are needed by measures and flags. A text without information, such as `(not set)`, is null. `Any`: the columns of a
    select depend on the wanted attributes.
    """

    def visitors_max(self, by: Sequence[Dimension]) -> int | None:
        """Return the number that no visitor's number exceeds, if different ones are best counted by bitmaps.

        `None` if visitors are texts, or if a report by these dimensions may have so many rows that these take too much
        memory.
        """

    @property
    def groups_twice(self) -> bool:
        """Whether statements group in two steps, first by what is cheap to compute; see `grouped_twice`."""

    def rows(self, fact: Fact, wanted: Iterable[str], moment: Moment) -> Selection:
        """Select the facts with the wanted attributes; for assists these are deals."""

    def touch_attributes(self, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Iterable[str]:
        """Return the attributes that `touched` needs besides the wanted ones."""

    def touched(self, facts: Subquery, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Subquery:
        """Select each fact once for each touch of its lead under a model: its attributes, `share` and `source_id`.

        A deal that was matched to a visit has the negative id of the visit for its lead. `touched_at` is null where
        there is no touch; `money` is split by the shares. Assists are the touches that are not the last, under any
        model.
        """

    def tags(self, fact: Fact) -> Selection:
        """Select the distinct tags of leads or deals: `owner_id` and `tag`."""

    def sources(self) -> Selection:
        """Select the traffic sources: `id`, the five parts, and the key of each part, such as `source_key`."""

    def statuses(self) -> Selection:
        """Select the statuses that deals have had: `spelling`, `key` and `meaning`."""
