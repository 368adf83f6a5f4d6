"""Single values in JSON bodies: programs may send a string as a number, so both are converted to a string."""

from dealtrace.whole_number import ID_MAX

SentScalar = str | int | float | None
"""A string or number as it was sent, such as a deal's number or the id of a lead in the sender's own system."""


def scalar_text(word: SentScalar) -> str:
    """Return a string or number of a JSON body as a string, or an empty string for `None`.

    Ours: the `.0` that pandas and PHP add to whole numbers is dropped: `5.0` identifies the deal 5. Numbers that are
    too large to be exact are not changed.
    """
    if isinstance(word, float) and word.is_integer() and abs(word) <= ID_MAX:
        return str(int(word))
    return "" if word is None else str(word)
