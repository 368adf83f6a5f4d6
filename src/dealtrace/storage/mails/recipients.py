"""Recipients as they are stored: lists of address, language and user."""

from collections.abc import Sequence

from dealtrace.errors import Language
from dealtrace.mails.recipient import Recipient


def stored_recipients(recipients: Sequence[Recipient]) -> list[list[object]]:
    """Return recipients as lists of address, language and user id."""
    return [[each.address, each.language, each.user_id] for each in recipients]


def recipients_from(stored: Sequence[tuple[str, Language, int | None]]) -> tuple[Recipient, ...]:
    """Return the recipients in lists of address, language and user id."""
    return tuple(Recipient(*each) for each in stored)
