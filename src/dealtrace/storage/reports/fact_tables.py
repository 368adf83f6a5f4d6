"""The interface to the facts of reports: they are selects, independent of where they are stored.

Any: the columns of a select depend on the wanted attributes.
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
"""The site whose facts are selected, and from how many seconds a call of it is a target."""
AT = "at"
"""The attribute that decides the period of a fact: an instant in microseconds, or the ordinal of a day for costs."""


class Moment(StrEnum):
    """The instant of a deal that decides its period: of the deal, its lead, its last change, or its current status."""

    HAPPENED = "happened"
    LEAD = "lead"
    CHANGED = "changed"
    STATUS = "status"


def moment_of_deals(date_of: DateOf) -> Moment:
    """Return the moment of deals for a report's date."""
    return {DateOf.DEAL: Moment.HAPPENED, DateOf.LEAD: Moment.LEAD, DateOf.CHANGED: Moment.CHANGED}[date_of]


def moments_of_deals(date_of: DateOf) -> tuple[Moment, ...]:
    """Return all moments that measures of deals may use in a report."""
    moment = moment_of_deals(date_of)
    return (moment, Moment.STATUS) if date_of is DateOf.CHANGED else (moment,)


def parameters_of_site(site: Site) -> Parameters:
    """Return the parameters that every statement over the facts of a site takes."""
    return {SITE_ID.key: site.id, TARGET_SECONDS.key: site.target_call // timedelta(seconds=1)}


class FactTables(Hashable, Protocol):
    """The facts of the site that is given as a parameter; equal ones make equal statements.

    Every select has `id` and the wanted attributes as columns of these names. Attributes are the names of the
    dimensions that a fact has and of what measures and flags need; texts that say nothing are null. `Any`: the columns
    of a select depend on what is wanted.
    """

    def visitors_max(self, by: Sequence[Dimension]) -> int | None:
        """Return the number that no visitor's number exceeds, if different ones are best counted by bitmaps.

        `None` if visitors are texts, or if a report by these dimensions may have so many rows that these take too much
        memory.
        """

    def rows(self, fact: Fact, wanted: Iterable[str], moment: Moment) -> Selection:
        """Select the facts with the wanted attributes; for assists these are deals."""

    def touch_attributes(self, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Iterable[str]:
        """Return the attributes that `touched` needs of leads or deals, beside those that are wanted."""

    def touched(self, facts: Subquery, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Subquery:
        """Select facts once for each touch of their lead under a model: their attributes, `share` and `source_id`.

        A deal that was matched to a visit has the negative id of the visit for its lead. `touched_at` is null where
        there is no touch; `money` is split by the shares. Assists are the touches that are not the last, under any
        model.
        """

    def tags(self, fact: Fact) -> Selection:
        """Select the tags of leads or deals without duplicates: `owner_id` and `tag`."""

    def sources(self) -> Selection:
        """Select the traffic sources: `id`, the five parts, and their keys (`source_key` and so on)."""

    def statuses(self) -> Selection:
        """Select the statuses that deals have had: `spelling`, `key` and `meaning`."""
