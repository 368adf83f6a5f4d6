"""The past and present statuses of a deal, each with its funnel and the time when it began."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from dealtrace.deals.changes import is_same_status
from dealtrace.deals.versions import DealVersion
from dealtrace.record import record


@record
class PastStatus:
    """A status that a deal had or has, with its funnel and the time when it began."""

    funnel: str
    status: str
    since: datetime


def status_history(versions: Iterable[DealVersion]) -> list[PastStatus]:
    """Return the statuses of a deal from its versions, oldest first; the values of `versions` are in JSON form.

    A status begins at the date that the CRM stated. Without such a date, the first status begins when the deal was
    made, and a later status when its version was stored.
    """
    return [past for past in statuses_by_version(versions) if past is not None]


def statuses_by_version(versions: Iterable[DealVersion]) -> Iterator[PastStatus | None]:
    """For each version of a deal, yield the status that began with it, or `None` if none did; see `status_history`."""
    last: PastStatus | None = None
    made_at: str | None = None
    for version in versions:
        after = version.after
        made_at = after.get("happened_at", made_at)
        details = after.get("details")
        funnel = details.get("funnel", "") if details is not None else (last.funnel if last is not None else "")
        status = after.get("status", last.status if last is not None else "")
        stated = after.get("status_since") or (made_at if last is None or "status_since" in after else None)
        is_new = last is None or funnel != last.funnel or not is_same_status(status, last.status)
        if is_new or stated is not None:
            since = datetime.fromisoformat(stated) if stated is not None else version.recorded_at
            last = PastStatus(funnel, status, since)
            yield last
        else:
            yield None


def status_since(versions: Iterable[DealVersion]) -> datetime | None:
    """Return the time at which the last status in a deal's versions began, or `None` if there are no versions.

    `versions` are the first version of the deal and any number of the versions that follow it, oldest first, with
    values in JSON form. If only the funnel or the spelling changes, no new status begins.
    """
    since: datetime | None = None
    made_at = status = ""
    for version in versions:
        after = version.after
        made_at = after.get("happened_at", made_at)
        if since is None or "status_since" in after:
            since = datetime.fromisoformat(after.get("status_since") or made_at)
        elif not is_same_status(after.get("status", status), status):
            since = version.recorded_at
        status = after.get("status", status)
    return since
