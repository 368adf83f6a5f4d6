"""The period, comparison and attribution model of a page's URL; links to other pages of the site keep them."""

from collections.abc import Mapping
from urllib.parse import urlencode

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.labels import unknown_choice
from dealtrace.dates_and_times import YEAR_FIRST, read_day
from dealtrace.errors import Violation
from dealtrace.reports.periods import PRESETS, Comparison
from dealtrace.reports.question import ALL_MODELS

_MODELS = {ALL_MODELS, *(str(int(model)) for model in AttributionModel)}
NO_COMPARISON = "none"
"""The value of `compare` that turns off the default comparison."""
_COMPARISONS = (NO_COMPARISON, *Comparison)
QUESTION = ("compare", "model", "models")
"""The parameters that lists of deals and leads do not use themselves, but keep in their links to reports."""


def unknown_carried(parameters: Mapping[str, str]) -> list[Violation]:
    """Return a violation for each parameter in `QUESTION` whose value no report would accept."""
    known = {"compare": _COMPARISONS, "model": tuple(_MODELS), "models": (ALL_MODELS,)}
    asked = {name: parameters.get(name, "") for name in QUESTION}
    return [unknown_choice(name, text) for name, text in asked.items() if text and text not in known[name]]


def carried_query(parameters: Mapping[str, str]) -> str:
    """Return the valid parameters that a page's links keep, as a query string `?…`; empty if there are none."""
    is_valid = {
        "period": parameters.get("period") in PRESETS,
        "from": read_day(parameters.get("from", ""), YEAR_FIRST) is not None,
        "to": read_day(parameters.get("to", ""), YEAR_FIRST) is not None,
        "compare": parameters.get("compare") in _COMPARISONS,
        "model": parameters.get("model") in _MODELS,
        "models": parameters.get("models") == ALL_MODELS,
    }
    pairs = [(name, parameters[name]) for name, is_so in is_valid.items() if is_so]
    return f"?{urlencode(pairs)}" if pairs else ""
