"""A cache of the statuses that are stored already; every command imports this module, so it imports no SQL."""

from collections.abc import Collection

REMEMBERED_MAX = 50_000
"""The maximum number of spellings cached, over all sites; a cache that would exceed this is emptied first."""


class KnownStatuses:
    """A cache, for one process and database, of the deal statuses that are already stored and need no insert.

    Only statuses stored by committed transactions are cached, since the current transaction may be rolled back. Stored
    statuses are deleted only with all data of a demo site; this also raises the revision number of accounts, so that
    every server empties its cache.
    """

    def __init__(self) -> None:
        self._spellings: dict[int, set[str]] = {}
        self._full: set[int] = set()
        self._count = 0

    def unknown(self, site_id: int, spellings: Collection[str]) -> Collection[str]:
        """Return the spellings that are not cached, or none of them if the site has reached its limit of statuses."""
        if site_id in self._full:
            return ()
        known = self._spellings.get(site_id)
        return spellings if known is None else [spelling for spelling in spellings if spelling not in known]

    def remember(self, site_id: int, spellings: Collection[str]) -> None:
        """Remember that these spellings of statuses are stored."""
        if self._count + len(spellings) > REMEMBERED_MAX:
            self._spellings, self._count = {}, 0
        self._spellings.setdefault(site_id, set()).update(spellings)
        self._count += len(spellings)

    def remember_full(self, site_id: int) -> None:
        """Remember that a site has reached its limit of statuses."""
        self._full.add(site_id)
