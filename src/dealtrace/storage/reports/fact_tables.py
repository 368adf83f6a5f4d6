"""The facts of reports as selects that do not depend on where the facts are stored.

A fact is what a report counts: a visit, a lead, a deal, an assist or a cost. A touch is a visit that a lead is
credited to. An assist is a deal counted for each touch of its lead before the last touch.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Subquery

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.facts import Fact
from dealtrace.reports.question import DateOf
from dealtrace.storage.reports.statement_types import Parameters, Selection, parameter

SITE_ID, TARGET_SECONDS = parameter("site_id"), parameter("target_seconds")
"""The parameters for the id of the site, and for the shortest duration of a target call in seconds."""
AT = "at"
"""The attribute with the time of a visit, lead or deal in microseconds, or with the ordinal of the day of a cost."""
MONEY = ("amount", "margin")
"""The attributes of a deal whose kopecks are divided among its credited visits."""
CLICKS = "clicks"
UNKNOWN: Mapping[str, str] = {"amount": "amount_is_unknown", "margin": "margin_is_unknown"}
"""For `amount` and `margin`, the attribute that is 1 if a deal has this money, but its worth in rubles is unknown.

For all other deals, the attribute is 0. A deal without an amount adds nothing to a sum. A sum is unknown only if no
amount in it is known, and at least one is in a currency without a rate. Costs need no such attribute: their clicks are
null only if they are unknown.
"""


class DealTime(StrEnum):
    """The time by which a report dates a deal: its own time, or that of its lead, last change or current status."""

    HAPPENED = "happened"
    LEAD = "lead"
    CHANGED = "changed"
    STATUS = "status"


def deal_time_of(date_of: DateOf) -> DealTime:
    """Return the time by which a report dates deals, given its setting `date_of`."""
    return {DateOf.DEAL: DealTime.HAPPENED, DateOf.LEAD: DealTime.LEAD, DateOf.CHANGED: DealTime.CHANGED}[date_of]


def deal_times_of(date_of: DateOf) -> tuple[DealTime, ...]:
    """Return all times by which a report may date deals.

    If a report dates deals by their changes, the time of a won deal is when it got its status, and the time of any
    other deal is its last change.
    """
    deal_time = deal_time_of(date_of)
    return (deal_time, DealTime.STATUS) if date_of is DateOf.CHANGED else (deal_time,)


def parameters_of_site(site: Site) -> Parameters:
    """Return the parameters, by name, that are common to all SQL statements over a site's visits, leads and so on."""
    return {SITE_ID.key: site.id, TARGET_SECONDS.key: site.target_call // timedelta(seconds=1)}


class FactTables(Hashable, Protocol):
    """The facts of a site (visits, leads, deals, assists, costs) as SQL selects; equal objects build equal statements.

    The site's id is a parameter. Every select has the column `id` and a column for each wanted attribute. Attributes
    are dimensions, by name, and further values that measures or flags need. Strings without information, such as
    `(not set)`, are null.
    """

    def visitors_max(self, by: Sequence[Dimension]) -> int | None:
        """Return the highest visitor number if distinct visitors are best counted by bitmaps, otherwise `None`.

        Bitmaps are not used if visitor ids are strings, or if a report by the dimensions `by` may have so many rows
        that the bitmaps take too much memory.
        """

    @property
    def may_be_unknown(self) -> frozenset[str]:
        """The attributes to add up, such as `amount`, whose value may be unknown; see `UNKNOWN`."""

    @property
    def groups_twice(self) -> bool:
        """Whether statements count distinct values in two steps, first grouping by the values."""

    @property
    def chooses_first(self) -> bool:
        """Whether the database can sort the rows of a report exactly, so that only the first ones are fetched."""

    def joins_periods(self, by: Sequence[Dimension]) -> bool:
        """Return whether one statement for two periods takes less time than two, in reports by the dimensions `by`.

        This requires few rows, because the rows of such a statement must then be divided between the periods.
        """

    def deferred(self, by: Sequence[Dimension]) -> Collection[Dimension]:
        """Return the dimensions in `by` whose keys are computed in a second step of grouping.

        The first step groups by the ids of sources and by days, which is faster if a key takes long to compute.
        """

    def lacks(self, fact: Fact) -> bool:
        """Return whether the site is known to have no facts of a kind, so that no statement needs to look for them."""

    def rows(self, fact: Fact, wanted: Iterable[str], deal_time: DealTime) -> Selection:
        """Return a select of the facts with the wanted attributes; for the fact `ASSISTS`, a select of the deals."""

    def touch_attributes(self, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Iterable[str]:
        """Return the attributes that `touched` needs in its argument `facts`, in addition to the wanted attributes."""

    def touched(self, facts: Subquery, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Subquery:
        """Return a select with a row for each touch of each fact: the fact's attributes, `share` and `source_id`.

        The touches are the visits that `model` credits. `touched_at` is null in the only row of a fact without touches;
        the amounts of money named in `money` are split by the shares. If a deal is matched to a visit, its `lead_id` is
        the visit's id with a minus sign. Under any model, assists have a row for each touch of a deal except the last
        touch.
        """

    def tags(self, fact: Fact) -> Selection:
        """Return a select of the distinct tags of leads or deals: `owner_id` and `tag`."""

    def sources(self) -> Selection:
        """Return a select of the traffic sources: `id`, five parts, and a key for each part, such as `source_key`."""

    def statuses(self) -> Selection:
        """Return a select of the statuses that deals have had: `spelling`, `key` and `meaning`."""
