"""Letters as mails: both parts say the same, and no text becomes a header."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, cast

from hypothesis import assume, example, given
from hypothesis import strategies as st

from cast import moscow
from dealtrace.mails.letter import Attachment, Letter, LetterTable, MailHeaders, write_mail
from dealtrace.mails.recipient import Recipient, is_address

ENVELOPE = MailHeaders(
    "reports@example.org", Recipient("anna@example.com", "ru"), "mail.1.2", moscow("2026-11-10", "12:00:00")
)
HEADERS = {
    "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type",
}  # fmt: skip


def sent(letter: Letter, envelope: MailHeaders = ENVELOPE) -> EmailMessage:
    """Return a letter as its receiver reads it from the wire."""
    wire = write_mail(letter, envelope).as_bytes()
    return cast("EmailMessage", message_from_bytes(wire, policy=cast("Any", SMTP)))


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_both_parts_say_the_same() -> None:
    table = LetterTable(("Источник", "Сделки"), [("яндекс", "12"), ("<b>", "1")])
    mail = sent(Letter("Отчёт", ("Первое & второе.",), "https://x.example/?a=1&b=2", table))
    assert (
        part(mail, "plain")
        == "Первое & второе.\n\nИсточник  Сделки\nяндекс    12\n<b>       1\n\nhttps://x.example/?a=1&b=2\n"
    )
    page = part(mail, "html")
    for said in (
        "<p>Первое &amp; второе.</p>",
        "<td>&lt;b&gt;</td>",
        'href="https://x.example/?a=1&amp;b=2"',
        'lang="ru"',
    ):
        assert said in page


def test_the_headers_say_who_when_and_which() -> None:
    mail = sent(Letter("Отчёт", ("…",)))
    assert {name: str(mail[name]) for name in ("Subject", "From", "To", "Message-ID", "Auto-Submitted")} == {
        "Subject": "Отчёт",
        "From": "reports@example.org",
        "To": "anna@example.com",
        "Message-ID": "<mail.1.2@example.org>",
        "Auto-Submitted": "auto-generated",
    }
    assert mail["Date"].datetime == ENVELOPE.at


def test_an_attachment_arrives_as_it_was() -> None:
    content = "дата;сделки\r\n".encode()
    mail = sent(Letter("a", ("b",), attachments=(Attachment("отчёт.csv", "csv", content),)))
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "отчёт.csv"
    assert attached.get_content_type() == "text/csv"
    assert attached.get_payload(decode=True) == content


@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=300))
def test_no_text_becomes_a_header(text: str) -> None:
    letter = Letter(f"{text}\r\nBcc: x@example.com", (text,), attachments=(Attachment(f"{text}\r\nX: y", "csv", b"x"),))
    mail = sent(letter)
    assert set(mail.keys()) <= HEADERS
    assert all("Bcc" not in each.keys() and "X" not in each.keys() for each in mail.walk())  # noqa: SIM118 - of mails


def test_only_a_url_of_https_has_the_button_of_mailboxes() -> None:
    for scheme, button in (("https", "List-Unsubscribe=One-Click"), ("http", None)):
        link = f"{scheme}://x.example/cabinet/unsubscribe/{'k' * 300}"
        letter = Letter("a", ("b",), unsubscribe=link)
        assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in write_mail(letter, ENVELOPE).as_bytes()
        mail = sent(letter)
        assert str(mail["List-Unsubscribe"]).replace(" ", "") == f"<{link}>"
        assert mail["List-Unsubscribe-Post"] == button
        assert part(mail, "plain").splitlines()[-1] == f"Не получать больше таких писем: {link}"
    assert sent(Letter("a", ("b",)))["List-Unsubscribe"] is None


@given(
    st.text("ab.=?_'+{q8-", min_size=1, max_size=64), st.sampled_from(["b.example", f"{'b' * 63}.{'c' * 63}.example"])
)
@example("=?utf-8?b?abc?=", "b.example")
@example("a..b", "b.example")
def test_a_mail_to_every_address_that_is_accepted_can_be_written(name: str, domain: str) -> None:
    address = f"{name}@{domain}"
    assume(is_address(address))
    envelope = MailHeaders(address, Recipient(address), ENVELOPE.message_id, ENVELOPE.at)
    mail = sent(Letter("a", ("b",)), envelope)
    assert [each.addr_spec for name in ("From", "To") for each in mail[name].addresses] == [address] * 2
