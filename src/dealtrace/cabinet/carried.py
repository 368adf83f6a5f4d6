"""The period, comparison and attribution model in a page's URL, which its links to other pages of the site keep."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.periods import PRESETS, Comparison
from dealtrace.reports.question import ALL_MODELS

_MODELS = {ALL_MODELS, *(str(int(model)) for model in AttributionModel)}
QUESTION = ("compare", "model", "models")
"""The parameters that lists of deals and leads do not use themselves, but keep in their links to reports."""


def carried_query(parameters: Mapping[str, str]) -> str:
    """Return the parameters that a page's links keep, if they are valid, as `?…`; empty if there are none."""
    is_valid = {
        "period": parameters.get("period") in PRESETS,
        "from": _is_day(parameters.get("from", "")),
        "to": _is_day(parameters.get("to", "")),
        "compare": parameters.get("compare") in tuple(Comparison),
        "model": parameters.get("model") in _MODELS,
        "models": parameters.get("models") == ALL_MODELS,
    }
    pairs = [(name, parameters[name]) for name, is_so in is_valid.items() if is_so]
    return f"?{urlencode(pairs)}" if pairs else ""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
