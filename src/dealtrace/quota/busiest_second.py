"""The second of a day in which one IP address sent the most requests to a site."""

from datetime import datetime

from dealtrace.record import record


@record
class BusiestSecond:
    """The second in which one IP address sent the most requests: their number, and the limit that applied to it.

    Ours: `counted` is the number of admitted requests of the address to all sites of the server, like the number that
    is compared with the limit. The second ends at `ended_at` (UTC), with a request to the site that stores the record.
    """

    counted: int
    allowed: int
    ended_at: datetime
