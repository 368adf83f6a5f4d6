"""Counts of unknown parameters in a process's requests, kept in memory and stored once a second."""

from collections import Counter
from collections.abc import Sequence

from dealtrace.accounts.request_masking import masked_unknown
from dealtrace.accounts.site import Site, SiteId
from dealtrace.operations.accounts.count_unknown_parameters import UnknownParameters, count_unknown_parameters
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.collected_writes import CollectedWrites
from dealtrace.runtime.write_queue import WriteQueue

NAMES_AT_ONCE_MAX = 250
"""Ours: how many names of a site get counts of their own until the next write; other names of the site share a count.

With one limit for all sites, a site that makes up names, or whose rows another session has locked, would leave no room
for the names of other sites.
"""
OPEN_NAMES_AT_ONCE_MAX = NAMES_AT_ONCE_MAX // 2
"""Ours: until the next write, a name sent without a token gets a count of its own only below this number of names.

Strangers thus cannot use up all counts; the rest are left for the names that the CRM sends.
"""
NAME_LENGTH_MAX = 100
"""Ours: the maximum length of a name that is counted separately; a longer name is probably not a misspelt parameter."""
_OTHERS = ("", "")


class UnknownParametersTally:
    """Counts unknown parameters in memory; if the process is killed, counts that are not yet stored are lost."""

    def __init__(self) -> None:
        self._seen: dict[SiteId, tuple[Site, Counter[tuple[str, str]]]] = {}
        self._known: dict[str, Sequence[str]] = {}
        self._open_paths: set[str] = set()
        self._writes = CollectedWrites(count_unknown_parameters)

    def count(
        self, site: Site, path: str, names: Sequence[str], known: Sequence[str], *, is_open: bool = False
    ) -> None:
        """Count the unknown parameters of a request: `names`, which are not among the `known` parameters of `path`.

        `is_open` says that requests to `path` need no token, so that anybody may send names. Contacts and tokens are
        masked: a malformed request may have a value in place of a name. Masking takes time, so names for which there is
        no room are counted together without being masked.
        """
        _, seen = self._seen.setdefault(site.id, (site, Counter()))
        self._known[path] = known
        if is_open:
            self._open_paths.add(path)
        names_max = OPEN_NAMES_AT_ONCE_MAX if is_open else NAMES_AT_ONCE_MAX
        for name in names:
            is_kept = len(name) <= NAME_LENGTH_MAX and "\0" not in name
            has_room = len(seen) - (_OTHERS in seen) < names_max
            key = (path, masked_unknown(name) if has_room else name) if is_kept else _OTHERS
            seen[key if has_room or key in seen else _OTHERS] += 1

    async def store(self, write_queue: WriteQueue, *, is_last: bool = False) -> None:
        """Write the counts through the write queue, and reset them; `CollectedWrites.write` says when this returns.

        A site whose earlier counts are still being stored is skipped, and its new counts are kept, except with
        `is_last`.

        Raises:
            Refusal: the database is unavailable or overloaded; counts that were being stored are lost.
        """
        taken = {site_id: seen for site_id, seen in self._seen.items() if is_last or site_id not in self._writes}
        self._seen = {site_id: seen for site_id, seen in self._seen.items() if site_id not in taken}
        open_paths = frozenset(self._open_paths)
        commands = [
            (site, WriteCommand(UnknownParameters(counts, self._known_of(counts), open_paths)))
            for site, counts in taken.values()
        ]
        await self._writes.write(write_queue, commands, is_last=is_last)

    def _known_of(self, counts: Counter[tuple[str, str]]) -> dict[str, Sequence[str]]:
        return {path: self._known[path] for path, _ in counts if path}
