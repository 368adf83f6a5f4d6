"""What the statuses of deals mean to a site: which of them are won, which are lost, and which are open."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from dealtrace.record import record

STATUSES_MAX = 10_000
"""Ours: a CRM that sends more than that puts something else into the status; the others count as open."""


class Meaning(StrEnum):
    """What a status says of a deal; a status that the site has not set is open."""

    WON = "won"
    LOST = "lost"
    OPEN = "open"


@record
class Status:
    """A status as a site's deals spell it, with its meaning."""

    spelling: str
    meaning: Meaning


@record
class StatusGroup:
    """All spellings of one status, the commonest first, their meaning, and how many undeleted deals have it."""

    spellings: tuple[str, ...]
    meaning: Meaning
    deals: int

    @property
    def name(self) -> str:
        """The commonest spelling, without blanks around it."""
        return self.spellings[0].strip()


def status_key(spelling: str) -> str:
    """Return what all spellings of a status have in common; empty if it is blank, which is no status.

    Ours: blanks around it and the case of its letters make no difference, since CRMs let people edit stages by hand.
    """
    return spelling.strip().casefold()


def meaning_of(spelling: str, meanings: Mapping[str, Meaning]) -> Meaning:
    """Return the meaning of a status, however it is spelt; `meanings` are those of the site, by `status_key`."""
    return meanings.get(status_key(spelling), Meaning.OPEN)


def meanings_by_key(statuses: Iterable[Status]) -> dict[str, Meaning]:
    """Return the meanings of statuses by `status_key`."""
    return {status_key(status.spelling): status.meaning for status in statuses}


def group_statuses(statuses: Iterable[Status], deals: Mapping[str, int]) -> list[StatusGroup]:
    """List a site's statuses, each once, those of the most deals first.

    `deals` counts undeleted deals by the spelling of their status; blank ones are left out, and spellings that are not
    among `statuses` are open.
    """
    known = list(statuses)
    meanings = meanings_by_key(known)
    counts = {**{status.spelling: 0 for status in known}, **deals}
    spellings: dict[str, list[str]] = {}
    for spelling in sorted(counts, key=lambda each: (-counts[each], each)):
        if key := status_key(spelling):
            spellings.setdefault(key, []).append(spelling)
    groups = [
        StatusGroup(tuple(same), meanings.get(key, Meaning.OPEN), sum(counts[spelling] for spelling in same))
        for key, same in spellings.items()
    ]
    return sorted(groups, key=lambda group: (-group.deals, group.name))
