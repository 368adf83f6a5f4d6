"""A traffic source: where a visitor came from, in five parts."""

from dataclasses import fields

from dealtrace.record import record


@record
class TrafficSource:
    """Source, medium, campaign, content and keyword, as reports group them; a missing part is empty."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""

    @property
    def is_direct(self) -> bool:
        """Whether the visitor came directly: by typing the address or from a bookmark."""
        return self.source == DIRECT.source

    @property
    def is_empty(self) -> bool:
        """Whether all parts are missing."""
        return self == NOWHERE


SOURCE_PARTS = tuple(part.name for part in fields(TrafficSource))
DIRECT = TrafficSource(source="(direct)", medium="(none)")
NOWHERE = TrafficSource()
SOURCE_LENGTH_MAX = 1024
"""Characters of a part."""

UNKNOWN_PARTS = frozenset({"", "(not set)", "<не заполнено>", "‹не заполнено›"})
"""What advertising systems and Calltouch write where nothing is known, in lower case."""


def part_key(part: str) -> str | None:
    """Return what a part is grouped and compared by, `None` if it says nothing: case and outer blanks do not matter."""
    key = part.strip().casefold()
    return None if key in UNKNOWN_PARTS else key
