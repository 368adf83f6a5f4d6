"""Letters, which are the contents of e-mails, and the e-mails made from them, in plain text and in simple HTML."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from html import escape

from dealtrace.errors import Language
from dealtrace.mails.recipient import Recipient
from dealtrace.printable import one_line
from dealtrace.record import record

ATTACHMENT_BYTES_MAX = 7_000_000
"""Ours: the maximum size of a file that is attached to a letter.

An e-mail encodes it in 9.5 MB, and many mail servers refuse 10 MB. A larger report is attached without its
last rows, and the e-mail says so.
"""

SUBJECT_LENGTH_MAX = 200
ONE_CLICK = "List-Unsubscribe=One-Click"
"""The value of the header that lets mail programs unsubscribe with one request, and the body of this request (RFC 8058;
only for https links)."""
_SECURE = "https://"
_COLUMN_GAP = "  "
_UNSUBSCRIBE: Mapping[Language, str] = {
    "ru": "Не получать больше таких писем:",
    "en": "To stop receiving these e-mails:",
}


class LinkHeader(UnstructuredHeader, BaseHeader):
    """A header whose link is not encoded; Python encodes long links, and mail programs cannot read encoded links."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header as one line; even with its link, it is far shorter than RFC 5322 allows."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", LinkHeader)
_POLICY = SMTP.clone(header_factory=_HEADERS)


@record
class LetterTable:
    """A table in an e-mail: the headings of its columns, and the cells of each row."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@record
class Attachment:
    """A text file attached to an e-mail, in UTF-8; `subtype` is the part after `text/` of its content type."""

    name: str
    subtype: str
    content: bytes


@record
class Letter:
    """The content of an e-mail: a subject, paragraphs, then a table, the URL of a page with more, and attachments.

    `unsubscribe` is the link with which the recipient unsubscribes; it is empty if the recipient is a user.
    """

    subject: str
    paragraphs: tuple[str, ...]
    link: str = ""
    table: LetterTable | None = None
    attachments: tuple[Attachment, ...] = ()
    unsubscribe: str = ""


@record
class MailHeaders:
    """The headers of an e-mail: sender, recipient, id and time; all attempts to send it have the same id and time."""

    sender: str
    recipient: Recipient
    message_id: str
    at: datetime


def write_mail(letter: Letter, envelope: MailHeaders) -> EmailMessage:
    """Return the e-mail with the content of a letter; its line endings are those of SMTP.

    No string can add a header: the library refuses line breaks in headers, and they are removed from the subject.
    """
    mail = EmailMessage(_POLICY)
    mail["Subject"] = one_line(letter.subject)[:SUBJECT_LENGTH_MAX]
    mail["From"] = Address(addr_spec=envelope.sender)
    mail["To"] = Address(addr_spec=envelope.recipient.address)
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.message_id}@{domain_of(envelope.sender)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = envelope.recipient.language
    if letter.unsubscribe:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        if letter.unsubscribe.startswith(_SECURE):
            mail["List-Unsubscribe-Post"] = ONE_CLICK
    mail.set_content(_in_text(letter, envelope.recipient.language))
    mail.add_alternative(_in_html(letter, envelope.recipient.language), subtype="html")
    for attached in letter.attachments:
        mail.add_attachment(attached.content, "text", attached.subtype, filename=one_line(attached.name))
    return mail


def domain_of(address: str) -> str:
    """Return the part of an address after the `@`."""
    return address.rpartition("@")[2]


def _in_text(letter: Letter, language: Language) -> str:
    parts = [*letter.paragraphs]
    if letter.table is not None:
        parts.append(_table_in_text(letter.table))
    if letter.link:
        parts.append(letter.link)
    if letter.unsubscribe:
        parts.append(f"{_UNSUBSCRIBE[language]} {letter.unsubscribe}")
    return "\n\n".join(parts) + "\n"


def _table_in_text(table: LetterTable) -> str:
    lines = [table.head, *table.rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(table.head))]
    return "\n".join(
        _COLUMN_GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _in_html(letter: Letter, language: Language) -> str:
    body = [f"<p>{escape(paragraph)}</p>" for paragraph in letter.paragraphs]
    if letter.table is not None:
        head = "".join(f'<th scope="col" align="left">{escape(cell)}</th>' for cell in letter.table.head)
        rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in letter.table.rows)
        body.append(f'<table border="1" cellpadding="4" cellspacing="0"><tr>{head}</tr>')
        body += [f"<tr>{cells}</tr>" for cells in rows]
        body.append("</table>")
    if letter.link:
        body.append(f"<p>{_anchor(letter.link)}</p>")
    if letter.unsubscribe:
        body.append(f"<p>{_UNSUBSCRIBE[language]} {_anchor(letter.unsubscribe)}</p>")
    title = escape(one_line(letter.subject))
    lines = ["<!doctype html>", f'<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>']
    return "\n".join([*lines, "<body>", *body, "</body></html>", ""])


def _anchor(address: str) -> str:
    return f'<a href="{escape(address)}">{escape(address)}</a>'
