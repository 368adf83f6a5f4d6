"""Keys and values of reports with contacts masked, for people who may not see contacts."""

from dealtrace.accounts.masking import masked_text
from dealtrace.reports.dimensions import Dimension, Kind

NUMBERED = frozenset({"dialled"})
"""The dimensions whose keys are phone numbers of the company itself, which are not masked."""
EMAIL_SIGN = "@"


def masked_key(dimension: Dimension, words: str) -> str:
    """Return the text of a key, with everything that looks like a phone or an e-mail masked.

    Ours: in sources and campaigns only e-mails are masked, since ids of campaigns look like phones.
    """
    if dimension.is_time or dimension.name in NUMBERED:
        return words
    return masked_source(words) if dimension.kind is Kind.SOURCE else masked_text(words)


def masked_source(words: str) -> str:
    """Return the text of a source, with contacts masked if it contains an e-mail."""
    return masked_text(words) if EMAIL_SIGN in words else words
