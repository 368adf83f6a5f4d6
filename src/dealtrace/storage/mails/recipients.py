"""Convert recipients of e-mails to and from their stored form, a list of address, language and user id."""

from collections.abc import Sequence

from dealtrace.errors import Language
from dealtrace.mails.recipient import Recipient


def stored_recipients(recipients: Sequence[Recipient]) -> list[list[object]]:
    """Return each recipient as a list of address, language and user id."""
    return [[each.address, each.language, each.user_id] for each in recipients]


def recipients_from(stored: Sequence[tuple[str, Language, int | None]]) -> tuple[Recipient, ...]:
    """Return the recipients stored as lists of address, language and user id."""
    return tuple(Recipient(*each) for each in stored)
