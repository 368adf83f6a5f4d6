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
