"""A traffic source: the five words that name where somebody came from."""

from dataclasses import fields

from dealtrace.record import record


@record
class TrafficSource:
    """Source, medium, campaign, content and keyword, as a report groups them; an absent part is empty."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""

    @property
    def is_direct(self) -> bool:
        """Whether nobody sent the visitor: the address was typed in or kept."""
        return self.source == DIRECT.source

    @property
    def is_empty(self) -> bool:
        """Whether no part is known at all."""
        return self == NOWHERE


SOURCE_PARTS = tuple(part.name for part in fields(TrafficSource))
DIRECT = TrafficSource(source="(direct)", medium="(none)")
NOWHERE = TrafficSource()
SOURCE_LENGTH_MAX = 1024
"""Characters of a part."""
