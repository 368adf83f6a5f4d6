"""Segments: filters that are saved under a name, by a site for all or by a user for their own use."""

from dealtrace.errors import InvalidValue
from dealtrace.record import record

SEGMENT_NAME_LENGTH_MAX = 100
SEGMENTS_MAX = 200
"""Ours: segments of one site, those of its users among them."""


@record
class Segment:
    """A segment: its name, its filters as they are written, and the user whose own it is; `None` is the site's."""

    name: str
    filters: tuple[str, ...]
    user_id: int | None = None


def check_saved_name(name: str) -> str:
    """Return the name of a segment or of a saved report without blanks around it.

    Raises:
        InvalidValue: nothing is left of it, it is too long, or it has characters that cannot be printed.
    """
    plain = name.strip()
    if not 0 < len(plain) <= SEGMENT_NAME_LENGTH_MAX or not plain.isprintable():
        limit = SEGMENT_NAME_LENGTH_MAX
        raise InvalidValue(f"нужно от 1 до {limit} печатных символов", f"1 to {limit} printable characters are needed")
    return plain
