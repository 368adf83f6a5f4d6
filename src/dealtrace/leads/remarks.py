"""What a caller says about a lead beyond who turned to the business, when, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dealtrace.attribution.traffic_source import TrafficSource


@dataclass(frozen=True, slots=True)
class Remarks:
    """The caller's own words about a lead; `None` and empty mean that nothing was said.

    `stated_source` counts while the lead has no visit. `custom_values` hold what was sent, of known fields or not.
    """

    manager: str | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    custom_values: Mapping[str, str] = field(default_factory=dict)
    stated_source: TrafficSource | None = None


NO_REMARKS = Remarks()
