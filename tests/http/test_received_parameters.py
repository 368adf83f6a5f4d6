"""Query strings and form bodies as clients really send them."""

from urllib.parse import unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.errors import InvalidParameters, UnreadableBody
from dealtrace.http.json_parameters import read_json_object
from dealtrace.http.query_string import PARAMETERS_MAX, Pairs, bare_name, read_pairs
from dealtrace.http.received_parameters import read_body

FORM = "application/x-www-form-urlencoded"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"))


@pytest.mark.parametrize(
    ("encoded", "values"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=&b", {"a": "", "b": ""}),
        ("a=1=2", {"a": "1=2"}),
        ("&&a=1&&", {"a": "1"}),
        ("=1", {}),
        ("a=1&a=2", {"a": "1"}),
        ("a=%20+%2B", {"a": "  +"}),
        ("custom[x]=1", {"custom[x]": "1"}),
        ("custom%5Bx%5D=1", {"custom[x]": "1"}),
        ("custom%5Bx%5D=1&custom[x]=2", {"custom[x]": "1"}),
        ("n=K2TU/sm{7u4X3F", {"n": "K2TU/sm{7u4X3F"}),
        ("m=Коля", {"m": "Коля"}),
        ("m=%D0%9A%D0%BE%D0%BB%D1%8F", {"m": "Коля"}),
        ("имя=1", {"имя": "1"}),
        ("a=1;b=2", {"a": "1;b=2"}),
        ("a b=1", {"a b": "1"}),
    ],
)
def test_it_reads_pairs(encoded: str, values: dict[str, str]) -> None:
    pairs = read_pairs(encoded.encode())
    assert (pairs.values, pairs.broken) == (values, {})


@pytest.mark.parametrize("value", [b"%", b"%z", b"%4", b"%D0%9", b"%D0", b"\xca\xee", b"%ED%A0%80", b"\xd0+", b"%FFa"])
def test_a_value_that_cannot_be_decoded_is_named(value: bytes) -> None:
    pairs = read_pairs(b"good=1&bad=" + value + b"&also=2")
    assert pairs.values == {"good": "1", "also": "2"}
    assert list(pairs.broken) == ["bad"]
    assert pairs.broken["bad"].field == "bad"


def test_a_broken_name_keeps_its_neighbours() -> None:
    assert read_pairs(b"\xff=1&%zz=2&a=3").values == {"\ufffd": "1", "%zz": "2", "a": "3"}


@given(st.dictionaries(TEXT.map(bare_name).filter(bool), TEXT, max_size=20))
def test_it_reads_back_whatever_is_encoded(sent: dict[str, str]) -> None:
    pairs = read_pairs(urlencode(sent).encode())
    assert (pairs.values, pairs.broken) == (sent, {})


PIECES = st.sampled_from(["%D0", "%9A", "%20", "%F0%9F%98%80", "%41", "%00", "%ff", "a", "я", "+", "😀"])


@given(st.lists(PIECES, min_size=1, max_size=8).map("".join))
def test_it_decodes_a_value_as_the_standard_library_does(text: str) -> None:
    try:
        values = {"a": unquote(text.replace("+", " "), errors="strict")}
    except UnicodeDecodeError:
        values = {}
    pairs = read_pairs(f"a={text}".encode())
    assert pairs.values == values
    assert list(pairs.broken) == ([] if values else ["a"])


@given(st.binary(max_size=200))
def test_it_never_breaks(encoded: bytes) -> None:
    for name, value in read_pairs(encoded).values.items():
        assert name
        value.encode()


def test_it_counts_before_it_reads() -> None:
    read_pairs(b"&".join([b"a=1"] * PARAMETERS_MAX))
    with pytest.raises(InvalidParameters) as refused:
        read_pairs(b"&".join([b"a=1"] * (PARAMETERS_MAX + 1)))
    assert refused.value.violations[0].field == "*"


def test_the_other_pairs_win() -> None:
    query, body = read_pairs(b"a=1&b=%zz&c=3"), read_pairs(b"a=2&c=%zz")
    merged = query.overridden_by(body)
    assert merged.values == {"a": "2", "c": "3"}
    assert set(merged.broken) == {"b", "c"}


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ('["a", 1, null, 2.50, true]', "a,1,2.50,true"),
        ("[7.92055500E+10, 79205550055]", "7.92055500E+10,79205550055"),
        ('[ ["a", 1.50], {"b": 2.50} , "\\u00e9"]', '["a", 1.50],{"b": 2.50},é'),
        ("[" * 300 + "]" * 300, "[" * 299 + "]" * 299),
        ("[1e999]", "1e999"),
        *(("5.0", "5"), ("1846408120.00", "1846408120"), ("-0.0", "0"), ("[79205550055.0, 5.50]", "79205550055,5.50")),
        *(('"5.0"', "5.0"), ("5.0e0", "5.0e0")),
        (f"[{'1' * 5000}]", "1" * 5000),
        ("1" * 5000, "1" * 5000),
        ("null", ""),
    ],
)
def test_a_member_of_a_json_object_is_read_as_a_form_would_send_it(sent: str, text: str) -> None:
    pairs = read_json_object(f'{{"a": {sent}}}'.encode())
    assert pairs is not None
    assert pairs.values == {"a": text}


@pytest.mark.parametrize("sent", ['"Иван"', '[1, "Иван"]', '{"name": "Иван"}'])
def test_a_member_of_a_json_object_that_is_not_in_utf_8_is_broken_and_the_others_are_read(sent: str) -> None:
    pairs = read_json_object(f'{{"fio": {sent}, "phone": "79205550055"}}'.encode("windows-1251"))
    assert pairs is not None
    assert pairs.values == {"phone": "79205550055"}
    assert list(pairs.broken) == ["fio"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"фио": "Иван", "phone": "1"}'.encode("windows-1251"), "the JSON is not in UTF-8"),
        ('{"имя": "Иван",}'.encode("koi8-r"), "the JSON is not in UTF-8"),
        (b'{"phone": "1",}', "the JSON is malformed at byte 15"),
        (b'{"comment": "a\nb"}', "the JSON is malformed at byte 15"),
        (b'\r\n{ "phone": "1"', "the JSON is malformed"),
        (b'{"phone": "1"}{"phone": "2"}', "the JSON is malformed at byte 16"),
        (b'{"phone": "\\ud800"}', "the JSON is malformed"),
        (b'{"a":' * 100_000, "the JSON is malformed"),
    ],
)
def test_what_begins_like_a_json_object_is_refused_with_the_cure(body: bytes, said: str) -> None:
    with pytest.raises(UnreadableBody) as caught:
        read_json_object(body)
    assert caught.value.text("en") == f"The request body cannot be read: {said}"


@pytest.mark.parametrize("body", [b"{a:1}", b"{%22phone%22: 1}", b"[1]", b"{", b'phone=1&note={"x"}', b"{id}=5"])
def test_what_begins_otherwise_is_no_json(body: bytes) -> None:
    assert read_json_object(body) is None


@pytest.mark.parametrize("body", [b"[1]", b"1", b"a=1", '{"a": "1"}'.encode("utf-16-le")])
@pytest.mark.parametrize("kind", ["application/json", "text/json; charset=utf-8", "application/ld+json"])
def test_json_that_is_no_object_is_told_so_where_json_is_read(kind: str, body: bytes) -> None:
    with pytest.raises(UnreadableBody) as caught:
        read_body(kind, body, reads_json=True)
    assert "JSON object in UTF-8" in caught.value.text("en")
    with pytest.raises(UnreadableBody) as caught:
        read_body("text/plain", b"a=1", reads_json=True)
    assert "a JSON object" in caught.value.text("en")


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=UTF-8", f"{FORM};charset=utf8", ""])
def test_a_form_is_read(kind: str) -> None:
    assert read_body(kind, "m=Коля\r\n".encode()).values == {"m": "Коля"}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", f"{FORM}; charset=cp1251"])
def test_nothing_else_is_guessed(kind: str) -> None:
    assert read_body(kind, b"") == Pairs()
    with pytest.raises(UnreadableBody):
        read_body(kind, b"a=1")


def multipart(*parts: tuple[str, bytes]) -> bytes:
    """Write a multipart body."""
    pieces = [
        b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), body) for head, body in parts
    ]
    return b"".join([*pieces, b"--x--\r\n"])


MULTIPART = "multipart/form-data; boundary=x"


def test_multipart_is_read_and_files_are_passed_over() -> None:
    body = multipart(
        ('name="a"', b"1"),
        ('name="m"', "Коля".encode()),
        ('name="scan"; filename="a.png"', b"\x89"),
        ('name="a"', b"2"),
        ("x", b"nameless"),
        ('name="bad"', b"\xca"),
    )
    pairs = read_body(MULTIPART, body)
    assert pairs.values == {"a": "1", "m": "Коля"}
    assert list(pairs.broken) == ["bad"]


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "body",
    [
        MARK + b"number=B1&sum=1",
        MARK + MARK + b"number=B1&sum=1",
        MARK + b"\r\nnumber=B1&sum=1\r\n",
        b"\r\n" + MARK + b"number=B1&sum=1",
        MARK + b" \r\n" + MARK + b"\tnumber=B1&sum=1",
        b"number=B1&sum=1" + MARK,
        b"number=B1&sum=1\r\n" + MARK + b"\r\n",
        b"%EF%BB%BFnumber=B1&sum=1",
        b"number=%EF%BB%BFB1&%ef%bb%bfsum=1",
        b"number=" + MARK + b"B1&" + MARK + b"sum=1",
    ],
)
@pytest.mark.parametrize("kind", [FORM, ""])
def test_byte_order_marks_of_a_form_belong_to_nothing(kind: str, body: bytes) -> None:
    assert read_body(kind, body) == Pairs({"number": "B1", "sum": "1"})


@pytest.mark.parametrize("before", [b"", MARK, MARK + b" \r\n", b"\r\n " + MARK, MARK + b"\n" + MARK + b"\n"])
@pytest.mark.parametrize("behind", [b"", b"\r\n", MARK, b"\n" + MARK + b"\n"])
def test_byte_order_marks_of_json_belong_to_nothing(before: bytes, behind: bytes) -> None:
    assert read_json_object(before + b'{"phone": "79205550055"}' + behind) == Pairs({"phone": "79205550055"})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["number=B1&sum=1", "имя=Коля", '{"number": "B1"}'])
def test_a_form_in_another_encoding_of_unicode_is_refused(encoding: str, text: str) -> None:
    body = text.encode(encoding)
    assert read_json_object(body) is None
    for kind in (FORM, "", MULTIPART):
        with pytest.raises(UnreadableBody):
            read_body(kind, body)


@pytest.mark.parametrize("form", [b"a%00=1", b"a=1&b%00c=%zz", b"a\0=1", b"\0", b"a=1\0"])
def test_null_bytes_are_refused_in_the_names_of_a_form(form: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read_body(FORM, form)


def test_null_bytes_are_refused_in_the_names_of_json_and_of_parts() -> None:
    with pytest.raises(UnreadableBody):
        read_json_object(b'{"a\\u0000": 1}')
    with pytest.raises(UnreadableBody):
        read_body(MULTIPART, multipart(('name="a\0"', b"1")))


def test_byte_order_marks_of_multipart_belong_to_nothing() -> None:
    body = MARK + multipart(('name="number"', MARK + b"B1"), ('name="\ufeffsum"', b"1"))
    assert read_body(MULTIPART, body) == Pairs({"number": "B1", "sum": "1"})


def test_a_byte_order_mark_of_a_query_belongs_to_nothing() -> None:
    assert (
        read_pairs(MARK + b"number=B1").values == read_pairs(b"%EF%BB%BFnumber=%EF%BB%BFB1").values == {"number": "B1"}
    )


@pytest.mark.parametrize(
    "form",
    [
        b"?number=B1&sum=1",
        b"number=B1&amp;sum=1",
        b"sum=1&amp;amp;number=B1",
        b"number=B1&#38;sum=1",
        b"sum=1&\r\nnumber=B1",
        b"sum=1& number=B1",
        b"sum=1&+number+=B1",
        b"sum=1&%20number%C2%A0=B1",
        b"sum=1&\xe2\x80\x8bnumber=B1",
        b"sum=1&%E2%80%8Enumber=B1",
    ],
)
def test_what_is_around_a_name_belongs_to_nothing(form: bytes) -> None:
    assert read_pairs(form).values == read_body(FORM, form).values == {"number": "B1", "sum": "1"}


def test_what_is_around_a_name_in_json_and_in_parts_belongs_to_nothing() -> None:
    assert read_json_object('{" number": "B1", "\ufeffsum\u00a0": 1}'.encode()) == Pairs({"number": "B1", "sum": "1"})
    body = multipart(('name=" number"', b"B1"), ('name="\u200bsum"', b"1"))
    assert read_body(MULTIPART, body) == Pairs({"number": "B1", "sum": "1"})


@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_around_a_form_belong_to_nothing(quote: str) -> None:
    assert read_body(FORM, f"{quote}number=B1&sum=1{quote}\r\n".encode()).values == {"number": "B1", "sum": "1"}
    assert read_body(FORM, f"number=B1&sum=1{quote}".encode()).values == {"number": "B1", "sum": f"1{quote}"}
    assert read_body(FORM, quote.encode()).values == {quote: ""}


@pytest.mark.parametrize(
    ("encoding", "content", "text"),
    [
        ("quoted-printable", b"=D0=9A=D0=BE=D0=\r\n=BB=D1=8F", "Коля"),
        ("Quoted-Printable", b"a=3D1", "a=1"),
        (" BASE64 ", b"0JrQvtC7\r\n0Y8=\r\n", "Коля"),
        ("8bit", "Коля".encode(), "Коля"),
        ("binary", b"a=3D1", "a=3D1"),
    ],
)
def test_parts_may_be_encoded_as_in_e_mails(encoding: str, content: bytes, text: str) -> None:
    head = f'Content-Transfer-Encoding: {encoding}\r\nContent-Disposition: form-data; name="a"'
    body = b"--x\r\n%s\r\n\r\n%s\r\n" % (head.encode(), content) + multipart(('name="b"', b"=3D"))
    assert read_body(MULTIPART, body) == Pairs({"a": text, "b": "=3D"})


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("base64", "0JrQv"),
        ("base64", "Ромашка"),
        ("base64", "да"),
        ("base64", "a b"),
        *(("base64", text) for text in ("1000", "Ivan", "test", "paid", "12345678")),
        *(("quoted-printable", text) for text in ("https://x.ru/?id=12345", "Заказ id=12 ок", "https://x.ru/?x=ab")),
        ("quoted-printable", "https://x.ru/?utm_campaign=весна&x=ab"),
        ("quoted-printable", "a = b"),
    ],
)
def test_a_part_that_is_not_encoded_as_it_says_is_kept_as_it_came(encoding: str, content: str) -> None:
    head = f'Content-Transfer-Encoding: {encoding}\r\nContent-Disposition: form-data; name="a"'
    body = f"--x\r\n{head}\r\n\r\n{content}\r\n--x--\r\n".encode()
    assert read_body(MULTIPART, body) == Pairs({"a": content})


def test_a_mark_inside_a_value_is_a_part_of_it() -> None:
    assert read_body(FORM, b"a=x%EF%BB%BFy").values == {"a": "x\ufeffy"}


def test_other_headers_of_a_part_do_not_matter() -> None:
    body = b'--x\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="a"\r\nX: y\r\n\r\n1\r\n--x--\r\n'
    assert read_body(MULTIPART, body).values == {"a": "1"}


def test_multipart_has_a_limit_of_parts() -> None:
    read_body(MULTIPART, multipart(*[('name="a"', b"1")] * PARAMETERS_MAX))
    with pytest.raises(InvalidParameters):
        read_body(MULTIPART, multipart(*[('name="a"', b"1")] * (PARAMETERS_MAX + 1)))


@pytest.mark.parametrize("body", [b"no boundary", multipart(('name="a"', b"1"))[:-6], b"--x\r\nbroken header\r\n\r\n"])
def test_multipart_that_breaks_off_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read_body(MULTIPART, body)
