"""Phones and e-mails as they were written, and in the normal form in which they are compared."""

from hashlib import md5

from dealtrace.leads.email import list_emails, normal_email
from dealtrace.leads.phones.normal_form import list_phones, normal_phone
from dealtrace.record import record

__all__ = (
    "StatedContact",
    "list_emails",
    "list_phones",
    "md5_of_phone",
    "normal_contacts",
    "normal_email",
    "normal_phone",
    "stated_email",
    "stated_phone",
)


@record
class StatedContact:
    """The text of a phone or e-mail field as it was sent; `normal` is the first contact in it, in normal form.

    `normal` is `None` if the text has no usable contact. `further` are the other contacts, in normal form and in the
    order written.
    """

    as_sent: str
    normal: str | None
    further: tuple[str, ...] = ()

    @property
    def normals(self) -> tuple[str, ...]:
        """All contacts of the text in normal form, in the order written."""
        return (self.normal, *self.further) if self.normal is not None else ()


def stated_phone(text: str) -> StatedContact:
    """Return the text of a phone field as it was sent, and its phones in normal form."""
    return _stated(text, list_phones(text))


def stated_email(text: str) -> StatedContact:
    """Return the text of an e-mail field as it was sent, and its e-mails in normal form."""
    return _stated(text, list_emails(text))


def _stated(text: str, normals: tuple[str, ...]) -> StatedContact:
    return StatedContact(text, normals[0], normals[1:]) if normals else StatedContact(text, None)


def normal_contacts(phone: str | None, email: str | None) -> tuple[str, ...]:
    """List the contacts in a lead's phone and e-mail fields, in normal form and without repetitions, phones first."""
    phones = list_phones(phone) if phone is not None else ()
    return phones if email is None else tuple(dict.fromkeys((*phones, *list_emails(email))))


def md5_of_phone(contact: str) -> str | None:
    """Return the MD5 digest of a phone in normal form, or `None` for an e-mail.

    CRMs send such digests, made from the digits `7XXXXXXXXXX`, as `md5Phones`. A digest is not secret, since anyone
    can compute it from the phone.
    """
    return None if "@" in contact else md5(contact.encode(), usedforsecurity=False).hexdigest()
