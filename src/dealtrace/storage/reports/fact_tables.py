"""The interface to the facts of reports: they are selects, independent of where they are stored.

Any: the columns of a select depend on the wanted attributes.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.facts import Fact
from dealtrace.reports.question import DateOf
from dealtrace.storage.reports.expressions import Selection

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


class FactTables(Protocol):
    """The facts of one site. Every select has the column `id` and a column for each wanted attribute.

    Attributes are the dimensions of a fact, and what measures and flags need; placeholders such as `(not set)` are
    null. `Any`: the columns of a select depend on the wanted attributes.
    """

    def rows(self, fact: Fact, wanted: Iterable[str], moment: Moment) -> Selection:
        """Select the facts with the wanted attributes; for assists these are deals."""

    def touches(self, model: AttributionModel) -> Selection:
        """Select the touches of leads: `lead_id`, `position`, `share`, `touched_at`, `visit_id`, `source_id`."""

    def tags(self, fact: Fact) -> Selection:
        """Select the tags of leads or deals without duplicates: `owner_id` and `tag`."""

    def sources(self) -> Selection:
        """Select the traffic sources: `id`, the five parts, and their keys (`source_key` and so on)."""

    def statuses(self) -> Selection:
        """Select the statuses that deals have had: `spelling`, `key` and `meaning`."""
