"""Which ids this database assigns, and which it leaves to data that comes from Calltouch."""

from dealtrace.record import record

ID_MAX = 2**53 - 1
"""The largest id: JavaScript and 1C represent integers exactly up to this."""
FIRST_ID_DEFAULT = 10**9
"""The first id of a new database: above Calltouch's calls, requests and deals, and of ten digits, which is what the
usual number of 1C and a 32-bit column hold."""
FIRST_ID_MAX = 10**15
"""How far the first id can be raised."""
OWN_VISIT_IDS = range(10**12, ID_MAX + 1)
"""The ids of visits that are counted here; those of Calltouch have passed 1,800,000,000."""


@record
class OwnIds:
    """The ids of deals, leads and all else but visits that this database assigns, so that an import cannot bring them.

    They begin at `first`. `earlier` are those it assigned before `first` was raised.
    """

    first: int
    earlier: tuple[range, ...] = ()

    def __contains__(self, checked: int) -> bool:
        """Check whether an id is one of ours."""
        return checked >= self.first or any(checked in ids for ids in self.earlier)
