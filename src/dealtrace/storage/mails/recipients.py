"""Convert recipients of e-mails to and from their stored form, a list of address, language and user id."""

from collections.abc import Sequence

from dealtrace.accounts.site_change import StoredRecipient
from dealtrace.mails.recipient import Recipient


def stored_recipients(recipients: Sequence[Recipient]) -> list[StoredRecipient]:
    """Return the address, the language and the user id of each recipient."""
    return [(each.address, each.language, each.user_id) for each in recipients]


def recipients_from(stored: Sequence[StoredRecipient]) -> tuple[Recipient, ...]:
    """Return the recipients stored as lists of address, language and user id."""
    return tuple(Recipient(*each) for each in stored)
