"""What the page of reports shows if its URL names no grouping, metrics or period."""

from dealtrace.reports.periods import DEFAULT_PRESET

USUAL = {
    "by": "source,medium",
    "metrics": "visits,leads,deals,won,amount,cost,drr",
    "period": DEFAULT_PRESET,
    "limit": "100",
}
"""The default values of parameters that are missing in the URL."""
DEFAULTS_WRITTEN_OUT = {name: value for name, value in USUAL.items() if name != "limit"}
"""The defaults written into saved questions; `limit` is left out, so that files of saved reports have all rows."""
