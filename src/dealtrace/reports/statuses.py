"""What the statuses of deals mean to a site: won, lost or open."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from dealtrace.attribution.traffic_source import part_key
from dealtrace.record import record

STATUSES_MAX = 10_000
"""Ours: how many spellings of statuses a site may have before new statuses are no longer stored.

A CRM that sends more misuses the field. Further statuses count as open until a person sets their meaning, and reports
show them in lower case; further spellings of known statuses are stored.
"""


class Meaning(StrEnum):
    """The meaning of a status; a status without a meaning counts as open."""

    WON = "won"
    LOST = "lost"
    OPEN = "open"


@record
class Status:
    """A spelling of a status in a site's deals, with its meaning.

    `is_classified` says whether a person set the meaning; it is `False` for statuses that count as open by default.
    """

    spelling: str
    meaning: Meaning
    is_classified: bool = False


@record
class StatusGroup:
    """All spellings of one status, most frequent first, their meaning, and how many non-deleted deals have the status.

    `is_classified` says whether a person set the meaning of any spelling.
    """

    spellings: tuple[str, ...]
    meaning: Meaning
    deals: int
    is_classified: bool = False

    @property
    def name(self) -> str:
        """Return the most frequent spelling of the status, trimmed."""
        return self.spellings[0].strip()


def status_key(spelling: str) -> str:
    """Return the key that all spellings of a status share, or an empty string for a blank spelling.

    Ours: surrounding blanks and the case of letters do not matter, because people edit statuses by hand in CRMs.
    """
    return spelling.strip().casefold()


def is_status(spelling: str) -> bool:
    """Return whether a spelling names a status; blanks and placeholders such as `(not set)` stand for none.

    Reports count deals with a placeholder among those without a status.
    """
    return part_key(spelling) is not None


def status_meaning(spelling: str, meanings: Mapping[str, Meaning]) -> Meaning:
    """Return what a status means to a site; `meanings` has the meanings of the site's statuses by `status_key`."""
    return meanings.get(status_key(spelling), Meaning.OPEN)


def meanings_by_key(statuses: Iterable[Status]) -> dict[str, Meaning]:
    """Return the meanings of statuses by `status_key`."""
    return {status_key(status.spelling): status.meaning for status in statuses}


def unclassified_keys(statuses: Iterable[Status]) -> frozenset[str]:
    """Return the `status_key` of each status that nobody has classified.

    A status is classified as soon as a person sets the meaning of one of its spellings.
    """
    known = list(statuses)
    named = frozenset(status_key(status.spelling) for status in known if is_status(status.spelling))
    return named - _classified_keys(known)


def _classified_keys(statuses: Iterable[Status]) -> frozenset[str]:
    return frozenset(status_key(status.spelling) for status in statuses if status.is_classified)


def group_statuses(statuses: Iterable[Status], deals: Mapping[str, int]) -> list[StatusGroup]:
    """List a site's statuses with all their spellings, the statuses with the most deals first.

    `deals` has the number of non-deleted deals by spelling. Spellings that name no status (see `is_status`) are left
    out, and spellings that are not in `statuses` count as open.
    """
    known = list(statuses)
    meanings = meanings_by_key(known)
    classified = _classified_keys(known)
    counts = {**{status.spelling: 0 for status in known}, **deals}
    spellings: dict[str, list[str]] = {}
    for spelling in sorted(counts, key=lambda each: (-counts[each], each)):
        if is_status(spelling):
            spellings.setdefault(status_key(spelling), []).append(spelling)
    groups = [
        StatusGroup(
            tuple(same),
            meanings.get(key, Meaning.OPEN),
            sum(counts[spelling] for spelling in same),
            key in classified,
        )
        for key, same in spellings.items()
    ]
    return sorted(groups, key=lambda group: (-group.deals, group.name))
