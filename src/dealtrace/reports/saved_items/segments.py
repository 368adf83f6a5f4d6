"""Segments: filters saved under a name, for all users of a site or for one user."""

from dealtrace.record import record

SEGMENTS_MAX = 200
"""Ours: the maximum number of segments of one site, including the segments of its users."""


@record
class Segment:
    """A segment: its name, its unparsed filters, and the user that it belongs to (`None`: the whole site)."""

    name: str
    filters: tuple[str, ...]
    user_id: int | None = None
