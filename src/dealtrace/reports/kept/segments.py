"""Segments: filters saved under a name, for all users of a site or for one user."""

from dealtrace.errors import InvalidValue
from dealtrace.record import record

SEGMENT_NAME_LENGTH_MAX = 100
SEGMENTS_MAX = 200
"""Ours: the most segments of one site, including those of its users."""


@record
class Segment:
    """A segment: its name, its unparsed filters, and the user that it belongs to, or `None` if it is the site's."""

    name: str
    filters: tuple[str, ...]
    user_id: int | None = None


def check_saved_name(name: str) -> str:
    """Return the name of a segment or of a saved report without blanks around it.

    Raises:
        InvalidValue: the name is empty or too long, or has unprintable characters.
    """
    plain = name.strip()
    if not 0 < len(plain) <= SEGMENT_NAME_LENGTH_MAX or not plain.isprintable():
        limit = SEGMENT_NAME_LENGTH_MAX
        raise InvalidValue(f"нужно от 1 до {limit} печатных символов", f"1 to {limit} printable characters are needed")
    return plain
