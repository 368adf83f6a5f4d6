"""E-mails in every wrapping in which people and programs write them."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealtrace.leads.email import is_filler_email, list_emails, normal_email
from dealtrace.plain_text import MASKS

EMAIL = "ivan@example.org"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ivan@example.org", EMAIL),
        (" Ivan@Example.ORG\n", EMAIL),
        ("ivan+shop@mail.example.org", "ivan+shop@mail.example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("i.v.an_79-x@example.org", "i.v.an_79-x@example.org"),
        ("_ivan_@example.org", "_ivan_@example.org"),
        ("a@b.c", "a@b.c"),
        ("1@1.ru", "1@1.ru"),
        # what stands around it
        ("mailto:ivan@example.org", EMAIL),
        ("MAILTO: ivan@example.org", EMAIL),
        ("mailto:ivan@example.org?subject=Hello", EMAIL),
        ("E-mail: ivan@example.org", EMAIL),
        ("mailto://ivan@example.org", EMAIL),
        ("email=ivan@example.org", EMAIL),
        ("E-mail - ivan@example.org", EMAIL),
        ("to: ivan@example.org", EMAIL),
        ("ivan@example.org/", EMAIL),
        ("ivan@example.org\\", EMAIL),
        ("ivan@example.org -", EMAIL),
        ("- ivan@example.org", EMAIL),
        ("‹ivan@example.org›", EMAIL),
        ("ivan@example.org…", EMAIL),
        ("&lt;ivan&commat;example.org&gt;", EMAIL),
        ("почта: ivan@example.org", EMAIL),
        ("ivan@example.org.", EMAIL),
        ("ivan@example.org...", EMAIL),
        ("ivan@example.org,", EMAIL),
        ("ivan@example.org;", EMAIL),
        ("ivan@example.org!", EMAIL),
        ("<ivan@example.org>", EMAIL),
        ("Ivan <ivan@example.org>", EMAIL),
        ("Ivan Petrov <ivan@example.org>", EMAIL),
        ('"Петров, Иван" <Ivan@example.org>', EMAIL),
        ("Ivan<ivan@example.org>", EMAIL),
        ("<mailto:ivan@example.org>", EMAIL),
        ("[ivan@example.org](mailto:ivan@example.org)", EMAIL),
        ("(ivan@example.org)", EMAIL),
        ("ivan@example.org (Иван)", EMAIL),
        ('"ivan@example.org"', EMAIL),
        ("'ivan@example.org'", EMAIL),
        ("«ivan@example.org»", EMAIL),
        ("`ivan@example.org`", EMAIL),
        ("Иван ivan@example.org", EMAIL),
        ("ivan@example.org личная", EMAIL),
        ("ivan @ example.org", EMAIL),
        ("ivan@ example.org", EMAIL),
        # signs around it, which are no letters although Unicode equates some of them with letters
        *((f"{sign}ivan@example.org", EMAIL) for sign in ("№", "℡", "™", "℠", "✉", "✉\ufe0f", "📧", "→", "=")),
        *((f"ivan@example.org{sign}", EMAIL) for sign in ("📧", "™", "…", "→")),
        *((f"{bullet} ivan@example.org {bullet}", EMAIL) for bullet in ("•", "·", "●", "▪")),
        ("📧 почта@пример.рф", "почта@пример.рф"),
        ("№ ivan@example.org", EMAIL),
        # and those that may be meant as a letter or digit of it
        *((f"{sign}ivan@example.org", None) for sign in ("①", "ⓘ", "ℹ", "ª", "²", "½", "Ⅳ", "❶", "🅰", "\ufffd")),
        *((f"ivan{sign}@example.org", None) for sign in ("²", "①", "№", "™", "📧", "ª", "1\ufe0f\u20e3")),
        *((f"ivan@{sign}example.org", None) for sign in ("²", "№", "📧")),
        ("ivan² @example.org", None),
        # or hide letters of it
        *((f"{mask * count}an@mail.ru", None) for mask in "*•●·×█＊∗#" for count in (1 + (mask in "•●"), 3)),
        *((f"i{mask * count}n@mail.ru", None) for mask in "*•●·×█＊∗#" for count in (1, 3)),
        *((f"i{mask * count}@mail.ru", None) for mask in "*•●·×█＊∗#" for count in (1, 5)),
        *((f"ivan@{domain}", None) for domain in ("m***.ru", "***.ru", "mail.r*", "mail.co•", "•ail.ru", "mail.**")),
        *((text, None) for text in ("iv...n@mail.ru", "i..n@mail.ru", "i…n@mail.ru", "iva...@mail.ru", "iva…@mail.ru")),
        *((text, None) for text in ("✉✉an@mail.ru", "Иван <i***n@mail.ru>", "почта: *van@mail.ru")),
        # bold and italics are around it
        *((f"{stars}ivan@example.org{stars}", EMAIL) for stars in ("*", "**", "***")),
        ("**ivan@example.org*", None),
        # an escaped sign is that sign, and an escaped letter may be anything
        ("ivan\\@example.org", EMAIL),
        ("ivan@example\\.org", EMAIL),
        ("ivan\\_p\\.x\\+1\\@example\\.org", "ivan_p.x+1@example.org"),
        ("iv\\an@example.org", None),
        ("\\nivan@example.org", None),
        ("SHOP\\ivan@example.org", None),
        ("ivan\\\\@example.org", None),
        # a phone or a label beside it
        ("ivan@example.org 89205550055", EMAIL),
        ("+7 920 555-00-55 ivan@example.org", EMAIL),
        ("8 (920) 555-00-55 ivan@example.org", EMAIL),
        ("ivan@example.org тел. 8(920)5550055", EMAIL),
        ("Email ivan@example.org", EMAIL),
        ("ivan@example.org tel +49 30 123456", EMAIL),
        ("2 ivan@example.org 89205550055", None),
        ("ivan@example.org 5550055", None),
        ("Иван (25) ivan@example.org", EMAIL),
        # characters
        ("\ufeffivan@example.org\u200b", EMAIL),
        ("\u202aivan@example.org\u202c", EMAIL),
        ("ivan\u00ad@example.org", EMAIL),
        ("\u00a0ivan@example.org\u00a0", EMAIL),
        ("ivan＠example．org", EMAIL),
        ("ｉｖａｎ@example.org", EMAIL),
        ("ivan%40example.org", EMAIL),
        ("ivan&#64;example.org", EMAIL),
        # signs around it that hide nothing
        ("ivan@example.org*", EMAIL),
        ("ivan@example.org***", EMAIL),
        ("*Email: ivan@example.org*", EMAIL),
        ("📧📧ivan@example.org", EMAIL),
        ("iv📧📧an@example.org", None),
        ("•ivan@example.org", EMAIL),
        ("▪ivan@example.org", EMAIL),
        ("••ivan@example.org", None),
        ("***ivan@example.org", None),
        ("i***n@example.org*", None),
        ("ivan@example.o**", None),
        (r"o\'brien@example.org", "o'brien@example.org"),
        # internationalised domains
        ("Почта@Пример.РФ", "почта@пример.рф"),
        ("почта@xn--e1afmkfd.xn--p1ai", "почта@пример.рф"),
        ("info@XN--E1AFMKFD.xn--P1AI", "info@пример.рф"),
        ("info@пример.рф", "info@пример.рф"),
        ("info@пример。рф", "info@пример.рф"),
        ("info@сай\u0438\u0306т.рф", "info@саййт.рф"),
        ("info@faß.de", "info@faß.de"),
        ("info@xn--fa-hia.de", "info@faß.de"),
        ("info@fass.de", "info@fass.de"),
        ("info@xn--p1ai-----.ru", None),
        ("info@xn--99999999.ru", "info@xn--99999999.ru"),
        ("info@xn----00a.ru", "info@xn----00a.ru"),  # it would decode to a label that ends with a hyphen
        ("info@xn--abc-.ru", None),
        # none, or what may be another's
        ("", None),
        (" ", None),
        ("нет", None),
        ("ivan", None),
        ("ivan@", None),
        ("@example.org", None),
        ("ivan@example", None),
        ("ivan@example.", None),
        ("ivan@.", None),
        ("ivan@@example.org", None),
        ("ivan@mail,ru", None),
        ("ivan@mail..ru", None),
        ("ivan@-mail.ru", None),
        ("ivan@10.0.0.1", None),
        (".ivan@example.org", None),
        ("iv an@example.org", None),
        ("ivan@exam ple.org", None),
        ("ivan@example.co m", None),
        ("ivan petrov ivan@example.org", None),
        ("http://ivan:secret@example.org/", None),
        ("sip:ivan@example.org", None),
        ("ivan%2525252540example.org", None),
        ("79205550055", None),
        ("\ud800@example.org", None),
        ("a" * 2000 + "@example.org", None),
    ],
)
def test_it_takes_an_email_out_of_its_dress(text: str, normal: str | None) -> None:
    assert normal_email(text) == normal


def test_no_sign_adds_a_letter_or_digit_that_was_not_written() -> None:
    written = "".join(filter(str.isalnum, EMAIL))
    for sign in map(chr, range(0x80, sys.maxunicode + 1)):
        if unicodedata.category(sign) in {"Cn", "Co", "Cs"} or (
            unicodedata.category(sign) in {"Lu", "Ll", "Lt", "Lo", "Lm", "Nd", "Mn", "Mc"}
            and not 0x2100 <= ord(sign) < 0x2150
        ):
            continue
        for text in (f"{sign}{EMAIL}", f"iv{sign}an@example.org", f"ivan{sign}@example.org", f"{EMAIL}{sign}"):
            assert not (read := normal_email(text)) or "".join(filter(str.isalnum, read)) in written, text


@given(st.text(st.sampled_from("iVａ𝐧Й9٣№①ª²™📧•=. -+"), max_size=8), st.text(st.sampled_from("aЯ9№²📧 "), max_size=3))
def test_an_email_has_only_letters_and_digits_that_were_written(name: str, behind: str) -> None:
    written = "".join(unicodedata.normalize("NFKC", sign).lower() for sign in name if sign not in "№①ª²™")
    read = normal_email(f"{name}@mail.ru{behind}")
    assert read is None or "".join(filter(str.isalnum, written)).endswith(
        "".join(filter(str.isalnum, read.rpartition("@")[0]))
    )


@given(st.from_regex(r"[a-z]{2,9}", fullmatch=True), st.sampled_from(sorted(MASKS | {"*", "#"})), st.data())
def test_a_masked_email_is_nobodys(name: str, mask: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(first + 1, len(name)))
    count = data.draw(st.integers(1 if first else 2, 5))  # a single sign in front may be a bullet
    assert list_emails(f"{name[:first]}{mask * count}{name[end:]}@mail.ru") == ()


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("ivan@example.org, olga@example.org", (EMAIL, "olga@example.org")),
        ("ivan@example.org;olga@example.org", (EMAIL, "olga@example.org")),
        ("ivan@example.org olga@example.org", (EMAIL, "olga@example.org")),
        ("ivan@example.org / olga@example.org", (EMAIL, "olga@example.org")),
        ("ivan@example.org/olga@example.org", (EMAIL, "olga@example.org")),
        ("ivan@example.org\nolga@example.org", (EMAIL, "olga@example.org")),
        ("ivan@example.org|olga@example.org", (EMAIL, "olga@example.org")),
        ("ivan@example.org и olga@example.org", (EMAIL, "olga@example.org")),
        ("Ivan <ivan@example.org>, Olga <olga@example.org>", (EMAIL, "olga@example.org")),
        ("Ivan@example.org, ivan@Example.org", (EMAIL,)),
        ("нет, ivan@example.org", (EMAIL,)),
        ("iv an@example.org, olga@example.org", ("olga@example.org",)),
        ("a/b@example.org", ()),
        ("89205550055, ivan@example.org", (EMAIL,)),
    ],
)
def test_it_lists_the_emails_of_a_text_in_their_order(text: str, emails: tuple[str, ...]) -> None:
    assert list_emails(text) == emails
    assert normal_email(text) == next(iter(emails), None)


@pytest.mark.parametrize(
    ("email", "is_filler"),
    [
        ("1@1.ru", True),
        ("a@a.a", True),
        ("aa@aa.ru", True),
        ("111@mail.ru", True),
        ("aaa@aaa.ru", True),
        ("ab@ab.ru", True),
        ("no@no.ru", True),
        ("net@net.ru", True),
        ("нет@нет.рф", True),
        ("test@test.ru", True),
        ("test@mail.ru", True),
        ("mail@mail.ru", True),
        ("qwerty@mail.ru", True),
        ("123@123.ru", True),
        ("noemail@mail.ru", True),
        ("no-reply@example.org", True),
        ("123123@mail.ru", True),
        ("321@mail.ru", True),
        ("54321@mail.ru", True),
        ("1234567890@mail.ru", True),
        ("no_email@mail.ru", True),
        ("no.mail@mail.ru", True),
        ("нету@нету.рф", True),
        ("нету@mail.ru", True),
        ("test1@test.ru", True),
        ("test123@mail.ru", True),
        ("test_12345@mail.ru", True),
        ("testtest@mail.ru", True),
        ("email@domain.com", True),
        ("mail@domain.ru", True),
        ("asdasd@asd.ru", True),
        ("qweqweqwe@mail.ru", True),
        ("user@example.com", True),
        ("user1@example.com", True),
        ("mail1@mail.ru", True),
        ("user@email.com", True),
        ("mail@email.ru", True),
        ("q@mail.ru", True),
        ("aa@gmail.com", True),
        ("1@example.org", True),
        ("000@ivanov.ru", True),
        ("12@12.ru", True),
        ("user@email.cz", False),
        ("post@email.cz", False),
        ("client@email.it", False),
        ("mail@email.ua", False),
        ("user@site.example.ru", False),
        ("21@mail.ru", False),
        ("12@mail.ru", False),
        ("i@ivanov.ru", False),
        ("aa@ivanov.ru", False),
        ("ivan123@mail.ru", False),
        ("ivan123@ivan123.ru", False),
        ("ivan@domain.com", False),
        ("user@mail.ru", False),
        ("asd1985@mail.ru", False),
        ("netto@mail.ru", False),
        ("no1@example.org", False),
        ("79205550055@mail.ru", False),
        ("1985@mail.ru", False),
        ("anna.n.test@mail.ru", False),
        ("ivanov@ivanov.ru", False),
        ("ivan@example.org", False),
        ("ab@mail.ru", False),
        ("info@example.org", False),
        ("mail@ivanov.ru", False),
        ("contest@mail.ru", False),
    ],
)
def test_it_knows_what_is_typed_to_fill_a_field(email: str, is_filler: bool) -> None:
    assert normal_email(email) == email
    assert is_filler_email(email) == is_filler


ADDRESSES = st.from_regex(r"[a-z0-9][a-z0-9.+_-]{0,8}[a-z0-9]@[a-z][a-z0-9-]{0,8}[a-z0-9]\.[a-z]{2,4}", fullmatch=True)
AROUND = [
    ("", ""),
    (" ", "\n"),
    ("<", ">"),
    ("Ivan <", ">"),
    ('"', '"'),
    ("mailto:", ""),
    ("mailto:", "?subject=1"),
    ("", "."),
    ("", ";"),
    ("(", ")."),
    ("\ufeff", "\u200b"),
    ("Иван ", ""),
    ("", " (Иван)"),
    ("e-mail: ", ","),
]


@given(ADDRESSES, st.sampled_from(AROUND), st.booleans())
def test_an_email_in_any_usual_dress_is_itself(address: str, around: tuple[str, str], in_capitals: bool) -> None:
    front, tail = around
    written = address.upper() if in_capitals else address
    normal = normal_email(address)
    assert list_emails(f"{front}{written}{tail}") == ((normal,) if normal is not None else ())


TEXTS = st.text(max_size=20) | st.from_regex(r"\s?[^@\s]+@[^@\s]+\.[^@\s]+\s?", fullmatch=True) | ADDRESSES
PUNYCODE = st.from_regex(r"a@xn--[a-z0-9-]{1,12}\.ru", fullmatch=True)


@given(TEXTS | PUNYCODE)
@example("a@xn--0vh.ru")
def test_the_normal_form_of_an_email_is_its_own(text: str) -> None:
    for address in list_emails(text):
        assert list_emails(address) == (address,)


@given(st.from_regex(r"[а-яё]{1,10}", fullmatch=True))
def test_a_domain_is_the_same_in_punycode(label: str) -> None:
    coded = label.encode("punycode").decode()
    assert normal_email(f"a@xn--{coded}.ru") == normal_email(f"a@{label}.ru") == f"a@{label}.ru"
