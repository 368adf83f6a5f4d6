"""What is kept of a request, and what is masked."""

from collections.abc import Mapping
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.accounts.api_request import (
    ITEM_PARAMETERS_MAX,
    PARAMETERS_KEPT_MAX,
    REASON_LENGTH_MAX,
    VALUE_LENGTH_MAX,
    item_parameters,
)
from dealtrace.accounts.request_masking import (
    CONTACTS,
    FREE_TEXTS,
    IDENTIFIERS,
    MASK,
    MASKED_LENGTH_MAX,
    PERSONS,
    SECRETS,
    mask_for,
    masked_address,
    masked_parameters,
    masked_reason,
    masked_text,
)
from dealtrace.app import ENDPOINTS
from dealtrace.errors import InvalidParameters, InvalidValue, Language, Violation
from dealtrace.http.endpoint import Endpoint

TOKEN = "zA7Ik0Bn8bwAdeysaKIKOhipFKJYBSBevfSNlvtI4-_Z"
"""A string that looks like a generated token."""


def kept_of(sent: Mapping[str, str]) -> dict[str, str]:
    """Return what is kept of a single request."""
    (kept,) = masked_parameters([sent])
    return kept


def test_no_documented_parameter_is_taken_for_a_secret() -> None:
    names = {
        parameter.name for endpoint in ENDPOINTS for parameter in getattr(endpoint.table, "parameters", ())
    } - SECRETS
    assert names
    assert [name for name in sorted(names) if mask_for(name)("a") == MASK] == []


def test_documented_parameters_are_not_masked_by_words_within_their_names() -> None:
    names = {parameter.name for endpoint in ENDPOINTS for parameter in endpoint.table.parameters}
    unlisted = sorted(names - SECRETS - CONTACTS - PERSONS - FREE_TEXTS - IDENTIFIERS - {"phoneNumber.value"})
    assert "withComments" in unlisted
    assert [name for name in unlisted if mask_for(name)("true") != "true"] == []
    sent = {"searchAmongPhonesInText": "true", "destphonenumber": "102"}
    assert kept_of(sent) == sent


def test_a_token_in_the_reason_of_a_refusal_is_masked() -> None:
    assert masked_reason(f"the value {TOKEN} is wrong", {"x": TOKEN}) == f"the value {MASK} is wrong"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("phoneNumber", "79205550055", f"7920{MASK}"),
        ("phoneNumber", "+7 (920) 555-00-55", f"7920{MASK}"),
        ("phoneNumber", "abc", f"a{MASK}"),
        ("email", "ivan@example.ru", f"i{MASK}@example.ru"),
        ("fio", "Иван Петров", f"И{MASK}"),
        ("clientApiId", "a secret token", MASK),
        ("note", "звонить 8 920 555 00 55 или a.b@c.ru", f"звонить 8920{MASK} или a{MASK}@c.ru"),
        ("orderComment", "паспорт 4505 123456, домофон 12", f"п{MASK}"),
        ("0.comment.text", "звонить после шести", f"з{MASK}"),
        ("1.customFields.0.value", "Иванов", f"И{MASK}"),
        ("customFields.0.field", "ФИО", "ФИО"),
        ("custom[ФИО]", "Иванов", f"И{MASK}"),
        ("custom[orderId]", "Иванов", f"И{MASK}"),
        ("fio[0]", "Иванов", f"И{MASK}"),
        ("contacts[0].fio", "Иванов", f"И{MASK}"),
        ("to[name]", "Иванов", f"И{MASK}"),
        ("client[0][phones][]", "12-34", f"1{MASK}"),
        ("fio[first][0]", "Иван", f"И{MASK}"),
        ("data[fio][first]", "Иван", f"И{MASK}"),
        ("auth[token]", "short", MASK),
        ("api_key[0]", "short", MASK),
        ("api_key[name]", "short", MASK),
        ("products[0][name]", "Котёл", "Котёл"),
        ("orderId[0]", "79205550055", "79205550055"),
        ("0.orderName", "Сделка с Иваном", f"С{MASK}"),
        ("0.comments.0.deep.er", "дом 5", f"д{MASK}"),
        ("orderComment", "", ""),
        ("orderNumber", "79205550055", "79205550055"),
        ("orderNumber", "ivan@example.ru", f"i{MASK}@example.ru"),
        ("requestUrl", "https://a.ru/?email=ivan%40example.ru", f"h{MASK}%40example.ru"),
        ("note", "x" * 190 + " ivan.petrov@example.ru", "x" * 190 + f" i{MASK}@exam"),
        ("orderStatus", "new", "new"),
        ("orderSum", "1000000", "1000000"),
        ("phoneNumber", "", ""),
        ("0.fio.first", "Иван", f"И{MASK}"),
        ("0.clientName.0.parts.last", "Петров", f"П{MASK}"),
        ("0.phones.0.value", "abc", f"a{MASK}"),
        ("0.token.key", "a secret", MASK),
        ("0.products.0.name", "Стол", "Стол"),
        *((name, "chosen by hand", MASK) for name in ("api_key", "accessToken", "client-api-id", "0.Authorization")),
        ("note", TOKEN, MASK),
        ("note", f"{TOKEN}x", f"{TOKEN}x"),
        ("note", f"use {TOKEN}, please", f"use {MASK}, please"),
        ("header", f"Bearer {TOKEN}", f"Bearer {MASK}"),
        *((name, "short", MASK) for name in ("X-Signature", "hub_signature", "user_pwd", "db_pass", "request_sign")),
        *(
            (name, "short", MASK)
            for name in ("auth.value", "credentials.login", "Auth.0.value", "userPass", "sessionAuth")
        ),
        *((name, "Иван", f"И{MASK}") for name in ("client_fio", "Имя", "contact_name", "комментарии", "имя[0]")),
        *((name, "Иван", f"И{MASK}") for name in ("firstName.ru", "client.firstName.0.value", "fio.orders.0.value")),
        *((name, "blue", "blue") for name in ("author", "design", "passenger", "orders.0.colour", "id.colour")),
        ("phoneNumber.filterMode", "contains", "contains"),
        ("phoneNumber.value", "abc", f"a{MASK}"),
        ("withComments[]", "true", "true"),
        *((name, "short", MASK) for name in ("auth", "pwd", "X-Passwd", "signature", "private_key", "0.credentials")),
        *((name, "Иван", f"И{MASK}") for name in ("firstName", "last_name", "client.surname", "ФИО клиента")),
        *((name, "12-34", f"1{MASK}") for name in ("client_phone", "phone2", "Телефон", "e-mail")),
        ("x", "ivan%2540example.ru", f"i{MASK}%2540example.ru"),
        ("x", "ivan\\u0040example.ru", f"i{MASK}\\u0040example.ru"),
        ("x", "ivan&#64;example.ru", f"i{MASK}&#64;example.ru"),
        ("x", "ivan\uff20example.ru", f"i{MASK}\uff20example.ru"),
        ("x", "anna%40a.ru:ivan@b.ru", f"a{MASK}@b.ru"),
        ("x", "%2B7%20(920)%20555%2D00%2D55", f"%2B7920{MASK}"),
        ("x", "7%2520920%2520555%252D00%252D55", f"7920{MASK}"),
        ("x", "7 920\u200b555\u200b00 55", f"7920{MASK}"),
        *(("x", path, path) for path in ("/iphone%2015%20128/", "/ot%2010%20000%20do%2020%20000", "/a%252015%2520128")),
        ("x", "/tel%2079205550055%20", f"/tel%207920{MASK}%20"),
        ("x", "%252B79205550055", f"%252B7920{MASK}"),
        ("url", f"https://x/?clientApiId={TOKEN}&a=1", f"https://x/?clientApiId={MASK}&a=1"),
        ("siteId", TOKEN, MASK),
        ("url", f"https%3A%2F%2Fx%2F%3FclientApiId%3D{TOKEN}", f"https%3A%2F%2Fx%2F%3FclientApiId%3D{MASK}"),
        ("note", f"\\u0022{TOKEN}", f"\\u0022{MASK}"),
        ("email", TOKEN, MASK),
        ("0.orderId", f'"{TOKEN}"', f'"{MASK}"'),
        ("utmCampaign", "moskva-rassrochka-kvartiry-bez-pervogo-vzno0", "moskva-rassrochka-kvartiry-bez-pervogo-vzno0"),
    ],
)
def test_secrets_contacts_and_names_are_masked(name: str, value: str, kept: str) -> None:
    assert kept_of({name: value}) == {name: kept}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("+79205550055", f"7920{MASK}"),
        ("ivan@example.ru", f"i{MASK}@example.ru"),
        ("a b", "a b"),
        (TOKEN, MASK),
        (f" key: {TOKEN}", f" key: {MASK}"),
    ],
)
def test_a_contact_in_the_place_of_a_name_is_masked(name: str, kept: str) -> None:
    assert kept_of({name: "x"}) == {kept: "x"}


def test_the_reason_of_a_refusal_is_masked_cut_and_storable() -> None:
    reason = masked_reason("custom[a\0]: ivan@example.ru; " + "x: длина; " * 1000, {})
    assert reason.startswith(f"custom[a]: i{MASK}@example.ru; x")
    assert len(reason) == REASON_LENGTH_MAX


def test_a_long_request_is_cut() -> None:
    sent = {f"p{number}": "x" * 1000 for number in range(1000)}
    kept = kept_of(sent)
    assert len(kept) == PARAMETERS_KEPT_MAX
    assert {len(value) for value in kept.values()} == {VALUE_LENGTH_MAX}


LISTED: list[tuple[list[object], dict[str, str]]] = [
    ([{"number": 7, "tags": [], "x": None, "y": True}], {"number": "7", "tags": "", "x": "", "y": "true"}),
    ([{"a": 1}, {"a": 2}], {"0.a": "1", "1.a": "2"}),
    (["word", 1.5], {"0": "word", "1": "1.5"}),
    (
        [{"fields": [{"name": "Имя", "value": "Иван"}], "customFields": [{"field": "Город", "value": "Тверь"}]}],
        {
            "fields.0.name": "Имя",
            "fields.0.value": f"И{MASK}",
            "customFields.0.field": "Город",
            "customFields.0.value": "Т•••",
        },
    ),
    (
        [{"products": [{"name": "Шины", "price": 79205550055}]}],
        {"products.0.name": "Шины", "products.0.price": "79205550055"},
    ),
    (
        [{"main": {"waPhone": [79205550055], "tgUsername": "@olga", "name": "Ольга"}}],
        {"main.waPhone.0": f"7920{MASK}", "main.tgUsername": f"{MASK}@olga", "main.name": f"О{MASK}"},
    ),
    ([{"+79205550055": {"Access-Token": "secret"}}], {f"7920{MASK}.Access-Token": MASK}),
]


@pytest.mark.parametrize(("items", "kept"), LISTED)
def test_the_items_of_a_list_are_kept_by_path_and_masked_by_key(items: list[object], kept: dict[str, str]) -> None:
    assert kept_of(item_parameters(items)) == kept


def test_the_refused_item_comes_first() -> None:
    assert list(item_parameters([{"a": 1}, {"a": 2}, {"a": 3}], first=1)) == ["1.a", "0.a", "2.a"]


def test_large_and_deep_lists_are_cut() -> None:
    deep: object = "x"
    for _ in range(5000):
        deep = [deep]
    for items in ([deep], [[deep] * 3000], [{"a" * 10_000: {str(number): 1 for number in range(3000)}}] * 100):
        sent = item_parameters(items)
        assert len(sent) <= ITEM_PARAMETERS_MAX
        assert sum(map(len, sent)) < 2_000_000
    many = item_parameters([{str(number): 9125557788 for number in range(3000)}])
    assert len(many) == ITEM_PARAMETERS_MAX
    assert masked_reason("from 0 to 2592000", many) == f"from 0 to 2592{MASK}"


DATES = [
    "26.03.2024", "26-03-2024", "2024-03-26", "20240326", "20240326100000", "26.03.2024 10:00:00",
    "2024-03-26T10:00:00", "26.03.2024 – 27.03.2024", "01.10.2026-31.10.2026", "30.11.2026 12",
]  # fmt: skip


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("around", ["{}", "{}, call", "expected {}", "8 912 555-77-88 {}", "{} +7 (912) 555-77-88"])
def test_dates_are_no_phones_and_phones_beside_them_are(date: str, around: str) -> None:
    masked = masked_text(around.format(date))
    assert date in masked
    assert "77" not in masked.replace(date, "")


@pytest.mark.parametrize(
    "number",
    [
        *("26.13.2024", "+20240326", "2024-03-261", "8 920 555–00–55", "99999999"),
        *("8%20(4852)%2012-05-12", "+7%20(4852)%2012-05-12"),
    ],
)
def test_what_is_no_date_is_masked(number: str) -> None:
    assert MASK in masked_text(number)


NOT_PHONES = {
    "Amount",
    "CostAmount",
    "WallClock",
    "CostDay",
    "SlashDay",
    "DayClock",
    "Integer",
    "VisitRef",
    "VisitorName",
}


def test_parameters_of_dates_numbers_and_ids_are_identifiers() -> None:
    parameters = [parameter for endpoint in ENDPOINTS for parameter in endpoint.table.parameters]
    found = {each.name for each in parameters if type(each.type).__name__ in NOT_PHONES}
    assert "requestDate" in found
    assert found - IDENTIFIERS == set()
    assert {type(each.type).__name__ for each in parameters} >= NOT_PHONES


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.shown_path)
@pytest.mark.parametrize("value", ["x", "-1", "99999999999999999999999", "1" * 5000])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_reason_of_a_wrong_value_keeps_our_own_example(endpoint: Endpoint, value: str, language: Language) -> None:
    for parameter in endpoint.table.parameters:
        try:
            parameter.type.read(value)
        except InvalidValue as fault:
            reason = InvalidParameters([Violation(parameter.name, fault.ru, fault.en)]).text(language)
            assert MASK not in masked_reason(reason, {parameter.name: value}).replace(f"{value[:4]}{MASK}", "")


def test_the_reason_of_a_wrong_value_masks_a_phone_that_it_repeats() -> None:
    reason = "orderDate: «{}»: a date is expected, such as 26.03.2024 10:00:00; callId: from 0 to 2592000"
    for sent in ("+7 (912) 555-77-88", "79125557788", "9125557788", "5557788"):
        masked = masked_reason(reason.format(sent), {"orderDate": sent})
        assert masked == reason.format(masked_text(sent))
        assert MASK in masked


def test_numbers_are_masked_in_the_reason_of_a_request_that_could_not_be_read() -> None:
    reason = "The request body cannot be read: 9125557788"
    assert masked_reason(reason, {}) == f"The request body cannot be read: 9125{MASK}"
    assert masked_reason("unknown “79125557788”", {"a": "b"}) == f"unknown “7912{MASK}”"


@given(st.text(), st.from_regex(r"\+?7[0-9]{10}", fullmatch=True), st.text(alphabet=" ,.;«»абв"))
def test_no_phone_survives_in_a_text(before: str, phone: str, after: str) -> None:
    assert phone[-7:] not in masked_text(f"{before} {phone} {after}".replace(phone[-7:] * 2, ""))


SENT_CONTACTS = st.one_of(
    st.from_regex(r"\A\+?[78][ (-]?9[0-9]{2}[ )-]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}\Z"),
    st.from_regex(r"\A[a-d][a-d0-9.]{4,30}(@|%40)[x-z]{3,9}\.ru\Z"),
)
NAMES = st.one_of(
    st.sampled_from(["orderComment", "phoneNumber", "EMAIL", "fio", "token", "requestUrl", "custom[Телефон]"]),
    st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20).filter(
        lambda name: not {name, name.lower()} & IDENTIFIERS
    ),
)


@given(NAMES, st.integers(0, 260), st.sampled_from("xж .;=/"), SENT_CONTACTS, st.booleans())
def test_no_contact_survives_in_the_journal(name: str, before: int, filler: str, contact: str, is_name: bool) -> None:
    text = f"{filler * before} {contact}; {filler}"
    kept = str(kept_of({text: "x"} if is_name else {name: text}))
    assert not any(contact[start : start + 8] in kept for start in (0, 1)), kept


VALUES = st.one_of(
    st.sampled_from(
        ["", "new", "Коля", "26.03.2018 10:00:00", "x" * 250, "79205550055", f"use {TOKEN}", "a@b.ru", "12"]
    ),
    SENT_CONTACTS,
    st.text(max_size=10),
)
SENT_NAMES = st.sampled_from(["orderNumber", "orderComment", "phoneNumber", "fio", "token", "x", "y", "+79205550055"])


@given(st.lists(SENT_NAMES | NAMES, max_size=5, unique=True), st.integers(1, 6), st.data())
def test_requests_with_the_same_names_are_masked_as_each_alone(
    names: list[str], count: int, data: st.DataObject
) -> None:
    sent = [dict(zip(names, data.draw(st.tuples(*[VALUES] * len(names))), strict=True)) for _ in range(count)]
    before = [dict(each) for each in sent]
    assert masked_parameters(sent) == [kept_of(each) for each in sent]
    assert sent == before


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:7:8:9::1", "2001:db8:7::/48"),
        ("", None),
        ("unknown", None),
        ("203.0.113.77:80", None),
    ],
)
def test_of_an_address_the_network_is_kept(address: str, network: str | None) -> None:
    assert masked_address(address) == network


@pytest.mark.parametrize("part", ["@", "1 ", "..@", "a@b,", "%40", "1"])
@pytest.mark.parametrize("is_name", [True, False])
def test_a_megabyte_costs_no_more_than_what_is_kept(part: str, *, is_name: bool) -> None:
    def seconds_of(length: int) -> float:
        text = part * (length // len(part))
        sent = {text: "x"} if is_name else {"note": text}
        started = thread_time()
        kept_of(sent)
        return thread_time() - started

    short, long = (min(seconds_of(length) for _ in range(5)) for length in (50_000, 1_000_000))
    assert long < 5 * max(short, 0.001)


def test_a_contact_that_the_limit_cuts_is_left_out() -> None:
    long_name = "x" * (MASKED_LENGTH_MAX - len("@b.ru ivan.pet"))
    kept = kept_of({"note": f"{long_name}@b.ru ivan.petrov@example.ru"})
    assert kept == {"note": f"x{MASK}@b.ru"}
