"""The interface to the facts of reports, as selects that do not depend on where the facts are stored.

A fact is a visit, a lead, a deal, an assist or a cost. A touch is a visit that a lead is credited to. An assist counts
a deal for each touch of its lead but the last. Any: the columns of a select depend on the wanted attributes.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Subquery

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.facts import Fact
from dealtrace.reports.question import DateOf
from dealtrace.storage.reports.expressions import Parameters, Selection, parameter

SITE_ID, TARGET_SECONDS = parameter("site_id"), parameter("target_seconds")
"""The site whose facts are selected, and the length in seconds from which its calls count as targets."""
AT = "at"
"""The attribute that dates a fact: an instant in microseconds or, for costs, the ordinal of a day."""


class Moment(StrEnum):
    """The time that dates a deal in a report: of the deal, its lead, its last change, or its current status."""

    HAPPENED = "happened"
    LEAD = "lead"
    CHANGED = "changed"
    STATUS = "status"


def moment_of_deals(date_of: DateOf) -> Moment:
    """Return which time dates deals in a report."""
    return {DateOf.DEAL: Moment.HAPPENED, DateOf.LEAD: Moment.LEAD, DateOf.CHANGED: Moment.CHANGED}[date_of]


def moments_of_deals(date_of: DateOf) -> tuple[Moment, ...]:
    """Return all times that may date deals in a report; won deals may be dated by their status."""
    moment = moment_of_deals(date_of)
    return (moment, Moment.STATUS) if date_of is DateOf.CHANGED else (moment,)


def parameters_of_site(site: Site) -> Parameters:
    """Return the parameters that every statement over the facts of a site takes."""
    return {SITE_ID.key: site.id, TARGET_SECONDS.key: site.target_call // timedelta(seconds=1)}


class FactTables(Hashable, Protocol):
    """The facts of the site that is passed as a parameter; equal objects make equal statements.

    Every select has `id` and the wanted attributes as columns. Attributes are named after the dimensions of a fact, or
    are needed by measures and flags. Texts without information are null. `Any`: the columns of a select depend on the
    wanted attributes.
    """

    def rows(self, fact: Fact, wanted: Iterable[str], moment: Moment) -> Selection:
        """Select the facts of a kind with the wanted attributes; for assists, select deals."""

    def touches(self, model: AttributionModel) -> Selection:
        """Select the touches of leads: `lead_id`, `position`, `share`, `touched_at`, `visit_id`, `source_id`.

        For a deal that was matched to a visit, `lead_id` is the negative id of that visit, in the deal and in its
        touches.
        """

    def touch_attributes(self, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Iterable[str]:
        """Return the attributes that `touched` needs in addition to the wanted ones."""

    def touched(self, facts: Subquery, fact: Fact, model: AttributionModel, money: Sequence[str]) -> Subquery:
        """Select facts once for each touch of their lead under a model: their attributes, `share` and `source_id`.

        `touched_at` is null for a fact without touches; `money` is split by the shares. Assists are repeated for all
        touches but the last, the same under every model.
        """

    def tags(self, fact: Fact) -> Selection:
        """Select the distinct tags of leads or deals: `owner_id` and `tag`."""

    def sources(self) -> Selection:
        """Select the traffic sources: `id`, the five parts, and the key of each part (`source_key` and so on)."""

    def statuses(self) -> Selection:
        """Select the statuses that deals have had: `spelling`, `key` and `meaning`."""
