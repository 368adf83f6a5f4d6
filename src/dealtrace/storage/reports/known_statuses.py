"""The statuses that a process remembers to be stored; no SQL, as every command imports this with its `Work`."""

from collections.abc import Collection

REMEMBERED_MAX = 50_000
"""The most spellings that are cached, over all sites; beyond that the cache is emptied and filled again."""


class KnownStatuses:
    """The statuses that one process knows to be stored in one database, so that they need no query.

    Only statuses stored by earlier transactions are cached, since the current one may still be rolled back. Stored ones
    are deleted only with all data of a demo, which raises the revision of accounts; servers then forget all of them.
    """

    def __init__(self) -> None:
        self._spellings: dict[int, set[str]] = {}
        self._full: set[int] = set()
        self._count = 0

    def unknown(self, site_id: int, spellings: Collection[str]) -> Collection[str]:
        """Return the spellings that are not known to be stored; none if the site can have no more statuses."""
        if site_id in self._full:
            return ()
        known = self._spellings.get(site_id)
        return spellings if known is None else [spelling for spelling in spellings if spelling not in known]

    def remember(self, site_id: int, spellings: Collection[str]) -> None:
        """Remember that spellings are stored."""
        if self._count + len(spellings) > REMEMBERED_MAX:
            self._spellings, self._count = {}, 0
        self._spellings.setdefault(site_id, set()).update(spellings)
        self._count += len(spellings)

    def remember_full(self, site_id: int) -> None:
        """Remember that a site can have no more statuses."""
        self._full.add(site_id)
