"""Named reports with predefined dimensions and metrics."""

from collections.abc import Mapping

from dealtrace.record import record
from dealtrace.reports.question import ALL_MODELS


@record
class Preset:
    """The dimensions and metrics of a named report; `models` is `all` if the report compares all attribution models."""

    by: str
    metrics: str
    models: str = ""


REPORT_PRESETS: Mapping[str, Preset] = {
    "sources": Preset("source,medium", "visits,leads,deals,won,amount,cost,drr"),
    "paths": Preset("path", "leads,deals,won,amount,days_to_deal"),
    "models": Preset("source", "deals", ALL_MODELS),
}
"""The presets by name."""
