"""A cache of the statuses that need no insert; every command imports this module, so it imports no SQL."""

from collections.abc import Collection

REMEMBERED_MAX = 50_000
"""The maximum number of spellings cached, over all sites; a cache that would exceed this is emptied first."""


class KnownStatuses:
    """A cache, for one process and database, of the deal statuses that need no insert.

    These statuses are stored already, or are left out because the site has reached its limit. Only statuses stored by
    committed transactions are cached, since the current transaction may be rolled back. Stored statuses are deleted
    only with all data of a demo site, and a status that was left out is added only when a person sets its meaning. Both
    raise the revision number of accounts, so that every server empties its cache.
    """

    def __init__(self) -> None:
        self._spellings: dict[int, set[str]] = {}
        self._full: set[int] = set()
        self._count = 0

    def unknown(self, site_id: int, spellings: Collection[str]) -> Collection[str]:
        """Return the spellings that are not cached."""
        known = self._spellings.get(site_id)
        return spellings if known is None else [spelling for spelling in spellings if spelling not in known]

    def remember(self, site_id: int, spellings: Collection[str]) -> None:
        """Remember that these spellings of statuses are stored."""
        if self._count + len(spellings) > REMEMBERED_MAX:
            self._spellings, self._count = {}, 0
        self._spellings.setdefault(site_id, set()).update(spellings)
        self._count += len(spellings)

    def remember_full(self, site_id: int, left_out: Collection[str]) -> None:
        """Remember that a site has reached its limit of statuses, and which spellings are not stored because of it."""
        self._full.add(site_id)
        self.remember(site_id, left_out)

    def is_full(self, site_id: int) -> bool:
        """Return whether a site is known to have reached its limit of statuses."""
        return site_id in self._full
