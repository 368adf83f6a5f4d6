"""The ids that this database assigns, and the ids that are left for data imported from Calltouch."""

from dealtrace.record import record
from dealtrace.whole_number import ID_MAX

FIRST_ID_DEFAULT = 10**9
"""The first id of a new database.

It is above Calltouch's ids of calls, requests and deals. Its ten digits fit the default number type of 1C and a 32-bit
column.
"""
FIRST_ID_MAX = 10**15
"""The largest value to which an operator can raise the first id."""
OWN_VISIT_IDS = range(10**12, ID_MAX + 1)
"""The ids of visits that this server counts; Calltouch's visit ids are lower: about 1,800,000,000."""


@record
class OwnIds:
    """The ids that this database assigns to everything except visits; imported data cannot have them.

    They begin at `first`; `earlier` holds the ranges assigned before `first` was raised.
    """

    first: int
    earlier: tuple[range, ...] = ()

    def __contains__(self, checked: int) -> bool:
        """Return whether `checked` is one of the ids that this database assigns."""
        return checked >= self.first or any(checked in ids for ids in self.earlier)
