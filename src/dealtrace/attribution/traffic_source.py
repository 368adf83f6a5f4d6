"""A traffic source: where a visitor came from, in five parts."""

from dataclasses import fields

from dealtrace.record import record


@record
class TrafficSource:
    """The source, medium, campaign, content and keyword by which reports group visits; a missing part is empty."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""

    @property
    def is_direct(self) -> bool:
        """Whether the visitor came directly, by typing the URL or from a bookmark."""
        return self.source == DIRECT.source

    @property
    def is_empty(self) -> bool:
        """Whether all five parts are missing."""
        return self == NOWHERE


SOURCE_PARTS = tuple(part.name for part in fields(TrafficSource))
DIRECT = TrafficSource(source="(direct)", medium="(none)")
NOWHERE = TrafficSource()
SOURCE_LENGTH_MAX = 1024
"""The maximum number of characters of one part of a traffic source."""

UNKNOWN_PARTS = frozenset({"", "(not set)", "<не заполнено>", "‹не заполнено›"})
"""The strings that advertising systems and Calltouch write for an unknown part, in lower case."""


def part_key(part: str) -> str | None:
    """Return the key by which a part of a source is grouped: trimmed and case-folded, or `None` if it is unknown."""
    key = part.strip().casefold()
    return None if key in UNKNOWN_PARTS else key
