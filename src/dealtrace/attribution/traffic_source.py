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
"""The most characters of a part."""

UNKNOWN_PARTS = frozenset({"", "(not set)", "<не заполнено>", "‹не заполнено›"})
"""What advertising systems and Calltouch write for an unknown part, in lower case."""


def part_key(part: str) -> str | None:
    """Return the key a part is grouped by, without letter case and outer blanks; `None` if the part says nothing."""
    key = part.strip().casefold()
    return None if key in UNKNOWN_PARTS else key
