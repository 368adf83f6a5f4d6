"""Phones and e-mails as they were written, beside the one form in which they are compared."""

from dealtrace.leads.email import list_emails, normal_email
from dealtrace.leads.phone import list_phones, normal_phone
from dealtrace.record import record

__all__ = (
    "StatedContact",
    "list_emails",
    "list_phones",
    "normal_email",
    "normal_phone",
    "stated_email",
    "stated_phone",
)


@record
class StatedContact:
    """A phone or e-mail as somebody wrote it, and the form it is compared in: `None` when it is unusable."""

    as_sent: str
    normal: str | None


def stated_phone(text: str) -> StatedContact:
    """Keep a phone as it was written beside its normal form."""
    return StatedContact(text, normal_phone(text))


def stated_email(text: str) -> StatedContact:
    """Keep an e-mail as it was written beside its normal form."""
    return StatedContact(text, normal_email(text))
