"""Advice about files that cannot be read, as pages show it: each sentence names the field to fill in."""

from collections.abc import Mapping

from dealtrace.cabinet.form_pages import fault_text
from dealtrace.cabinet.view import View
from dealtrace.errors import Refusal
from dealtrace.files.unreadable import CureKind, cure_of

ENCODING_LABEL = "Encoding of a CSV file"
UNIT_LABEL = "Unit of the costs"
RATE_LABEL = "Rubles per unit of the file’s currency"
TAX_LABEL = "Tax in the costs"
SOURCE_LABEL = "Source of all costs, if the file has no column for it"
COLUMN_LABELS = {
    "date": "Day",
    "cost": "Cost",
    "source": "Source",
    "medium": "Medium",
    "campaign": "Campaign",
    "campaign_id": "ID of the campaign",
    "campaign_name": "Name of the campaign",
    "content": "Ad",
    "term": "Keyword",
    "currency": "Currency",
    "clicks": "Clicks",
    "impressions": "Impressions",
}
"""The labels of the fields in which a person enters the heading that a file has for a column of costs."""
_CURES: Mapping[CureKind, tuple[str, str]] = {
    CureKind.ENCODING: ("Choose the encoding in the field “%(field)s”.", ENCODING_LABEL),
    CureKind.OTHER_ENCODING: ("Choose another encoding, or automatic, in the field “%(field)s”.", ENCODING_LABEL),
    CureKind.COLUMN: (
        "If the file has another heading for “%(field)s”, enter it below, under “Columns of the file”.",
        "",
    ),
    CureKind.OTHER_COLUMN: ("Correct the heading for “%(field)s” below, under “Columns of the file”.", ""),
    CureKind.SOURCE: ("Fill in the field “%(field)s”, or enter another advertising system.", SOURCE_LABEL),
    CureKind.RATE: ("Enter the price of 1 %(what)s in rubles in the field “%(field)s”.", RATE_LABEL),
    CureKind.NO_RATE: ("Clear the field “%(field)s”.", RATE_LABEL),
    CureKind.UNIT: ("Choose the unit in the field “%(field)s”.", UNIT_LABEL),
    CureKind.UNIT_OR_RATE: ("Check the field “%(field)s” and the exchange rate.", UNIT_LABEL),
    CureKind.NO_TAX: ("Choose “as in the file” in the field “%(field)s”.", TAX_LABEL),
}
assert set(_CURES) == set(CureKind) - {CureKind.REFUSED_ROWS}  # pages choose the file of refused rows themselves


def file_fault(view: View, refusal: Refusal) -> str:
    """Return the error message for a refused file; it names the field of the page to fill in, change or empty."""
    text, cure = fault_text(refusal, view.language), cure_of(refusal)
    if cure is None or cure.kind not in _CURES:
        return text
    sentence, label = _CURES[cure.kind]
    field = view.translate(label or COLUMN_LABELS.get(cure.what, cure.what))
    return f"{text}. {view.translate(sentence) % {'field': field, 'what': cure.what}}"
