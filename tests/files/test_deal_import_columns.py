"""Tables of deals: as an export writes them, and as the vendor's journal names them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cast import MOSCOW, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.deals.lead_clue import CallIdentity, LeadClue, LeadRequestIdentity
from dealtrace.errors import InvalidParameters
from dealtrace.files.export_columns import deal_columns
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from spreadsheet import write_xlsx
from write_commands import by_contact

AT = moscow("2018-03-26", "09:50:01")
HEAD = "orderId,orderNumber,orderDate,orderStatus"
ROW = "7811141,K1,26.03.2018 09:50:01,new"
DEAL: Any = IncomingDeal(7811141, "K1", "new", None, AT, custom_values={})  # type: ignore[arg-type]


def contents(path: Path, fields: tuple[str, ...] = ()) -> list[Any]:
    return [row.content for _, row in open_import_file(path, ImportNoun.DEAL, None, fields).rows(MOSCOW, 0)]


def deal_in(tmp_path: Path, more: str = "", cells: str = "", fields: tuple[str, ...] = ()) -> Any:
    path = tmp_path / "deals.csv"
    path.write_text(f"{HEAD}{more}\n{ROW}{cells}\n")
    (content,) = contents(path, fields)
    return content


def test_a_date_of_zeros_that_mysql_keeps_is_no_date(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("orderNumber,orderDate,orderStatus,updatedDate\nA,2018-03-26 10:00,new,0000-00-00 00:00:00\n")
    ((_, row),) = open_import_file(path, ImportNoun.DEAL, None).rows(MOSCOW, 0)
    assert isinstance(row.content, IncomingDeal)
    assert row.content.touched_at is None


@pytest.mark.parametrize("dash", ["-", "–", "—"])
def test_a_lone_dash_is_an_empty_cell_but_in_free_text(tmp_path: Path, dash: str) -> None:
    columns = ("orderSum", "updatedDate", "tags", "currency", "leadType", "leadId", "phones", "source", "medium")
    head = "".join(f",{column}" for column in columns)
    assert deal_in(tmp_path, head, f",{dash}" * len(columns)) == DEAL
    deal = deal_in(tmp_path, ",comment,manager", f",{dash},{dash}")
    assert (deal.comment, deal.manager) == (dash, dash)


@pytest.mark.parametrize("word", ["undefined", "Undefined", "[object Object]", "Array", "nil", "NULL", "\u200bnull"])
@pytest.mark.parametrize("name", ["deals.csv", "deals.jsonl"])
def test_a_word_for_nothing_is_no_number_in_any_file(tmp_path: Path, name: str, word: str) -> None:
    path = tmp_path / name
    row = {"orderId": 7811141, "orderNumber": word, "orderDate": "26.03.2018 09:50:01", "orderStatus": "new"}
    is_csv = path.suffix == ".csv"
    path.write_text(f"{HEAD}\n{','.join(map(str, row.values()))}\n" if is_csv else f"{json.dumps(row)}\n")
    (deal,) = contents(path)
    assert (deal.id, deal.number) == (7811141, None)


def test_an_apostrophe_makes_a_number_of_a_word_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(f"{HEAD}\n7811141,'undefined,26.03.2018 09:50:01,new\n")
    assert [deal.number for deal in contents(path)] == ["undefined"]


def test_it_reads_what_an_export_writes(tmp_path: Path) -> None:
    names = [column.name for column in deal_columns(["margin"])]
    cells: list[Any] = [
        "7811141", "K1", "won", 6000.5, "USD", "26.03.2018 09:50:01", "27.03.2018 09:50:01", "AmoCRM", "Анна", "срочно",
        "опт, vip", "call", 77, "Иван", "79205550055, 79205550056", "i@example.ru", "yandex", "cpc", "brand", "",
        "шины", "12 %",
    ]  # fmt: skip
    written = []
    for language in ("ru", "en"):
        headings = [column.heading(language) for column in deal_columns(["margin"])]
        written += contents(write_xlsx(tmp_path / f"deals-{language}.xlsx", headings, cells), ("margin",))
    (tmp_path / "deals.jsonl").write_text(json.dumps(dict(zip(names, cells, strict=True))))
    written += contents(tmp_path / "deals.jsonl", ("margin",))
    clue = by_contact("79205550055, 79205550056", "i@example.ru")
    assert written == [IncomingDeal(
        7811141, "K1", "won", Decimal("6000.5000"), AT, moscow("2018-03-27", "09:50:01"), "AmoCRM", "Анна", "срочно",  # type: ignore[arg-type]
        ("опт", "vip"), {"margin": "12 %"}, TrafficSource("yandex", "cpc", "brand", "", "шины"),
        LeadClue(CallIdentity(77, None), clue.contact), "usd",
    )] * 3  # fmt: skip


def test_of_a_list_of_contacts_as_many_as_fit_are_used(tmp_path: Path) -> None:
    phones = [f"792055500{number}" for number in range(10, 30)]
    deal = deal_in(tmp_path, ",phones,emails", f',"{", ".join(phones)}","Петров, Иван <i@example.ru>"')
    assert deal.clue.contact.normals == (*phones[:5], "i@example.ru")
    assert isinstance(deal_in(tmp_path, ",phones", f",{'7' * 65}"), InvalidParameters)


@pytest.mark.parametrize("field", ["Статус", "Сумма", "orderNumber", "ID клиента", "Тип лида", "phones"])
def test_it_reads_an_exported_custom_field_named_like_another_column(tmp_path: Path, field: str) -> None:
    columns = deal_columns([field])
    row = {"orderId": 7811141, "orderNumber": "K1", "orderStatus": "new", "orderDate": "26.03.2018 09:50:01"}
    cells: list[Any] = [row.get(column.name, "own" if column.name == f"custom[{field}]" else "") for column in columns]
    path = write_xlsx(tmp_path / "deals.xlsx", [column.heading("ru") for column in columns], cells)
    (content,) = contents(path, (field,))
    assert (content.number, content.status, content.custom_values) == ("K1", "new", {field: "own"})


def test_it_reads_the_vendors_journal(tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    record = {
        "orderId": 7811141, "orderNumber": "K1", "orderName": None, "orderStatus": "new",
        "createdDate": "26/03/2018 09:50:01", "updatedDate": "26/03/2018 09:50:01", "orderDate": "26/03/2018 09:50:01",
        "plannedAmount": 1000.5, "completedAmount": 0, "service": "AmoCRM", "manager": None, "siteId": 1,
        "client": {"clientId": 5, "fio": "Иван"}, "visit": {"sessionId": 9, "source": "vk", "medium": "social"},
        "orderSource": {"type": "REQUEST", "requestId": 12, "formName": "x"}, "allOrderOrigins": None,
        "contacts": {"phones": ["79205550055"], "emails": []}, "tags": [{"category": "", "names": ["опт"]}],
        "comment": "c", "customFields": [{"field": "Маржа", "value": "5"}],
    }  # fmt: skip
    path.write_text(json.dumps(record))
    (deal,) = contents(path, ("Маржа",))
    assert (deal.id, deal.amount_rub, deal.touched_at, deal.tags) == (7811141, Decimal("1000.5000"), AT, ("опт",))
    assert (deal.stated_source, deal.custom_values) == (TrafficSource("vk", "social"), {"Маржа": "5"})
    assert deal.clue == LeadClue(LeadRequestIdentity(12, None), by_contact("79205550055").contact)


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("", None), ("0", "0"), ("1 000,50", "1000.5"), ("-5", "-5"), ("0.00005", "0.0001"), ("1e3", "orderSum"),
        ("тысяча", "orderSum"), ("9" * 20, "orderSum"),
    ],
)  # fmt: skip
def test_sums_are_read_as_people_write_them(tmp_path: Path, cell: str, amount: str | None) -> None:
    deal = deal_in(tmp_path, ",orderSum", f',"{cell}"')
    if isinstance(deal, InvalidParameters):
        assert [violation.field for violation in deal.violations] == [amount]
    else:
        assert deal.amount_rub == (Decimal(amount) if amount is not None else None)


@pytest.mark.parametrize(
    ("sums", "found"),
    [
        (("1,234", "1,5"), ["1.234", "1.5"]),
        (("1,234", "1500.5"), ["1234", "1500.5"]),
        (("1,234", "1,234.50", "-2,345"), ["1234", "1234.5", "-2345"]),
        (("1.234", "1.234,50"), ["1234", "1234.5"]),
        (("+1.234", "1000.0000"), ["1.234", "1000"]),
        (("1,234,567", "=", "12,345"), ["1234567", "orderSum", "12345"]),
        (("1,234",), ["orderSum"]),
        (("1,234", "7", "1.5", "1,5"), ["orderSum", "7", "1.5", "1.5"]),
        (("1,23,4", "1.5"), ["orderSum", "1.5"]),
    ],
)
def test_the_other_sums_decide_what_may_be_a_thousand_or_one(
    tmp_path: Path, sums: tuple[str, ...], found: list[str]
) -> None:
    path = tmp_path / "deals.csv"
    rows = "".join(f'{number},26.03.2018 09:50:01,new,"{text}"\n' for number, text in enumerate(sums, 1))
    path.write_text(f"orderId,orderDate,orderStatus,orderSum\n{rows}")
    read = [
        content.violations[0].field if isinstance(content, InvalidParameters) else content.amount_rub
        for content in contents(path)
    ]
    assert read == [text if text == "orderSum" else Decimal(text) for text in found]


def test_a_sum_that_may_be_two_is_refused_with_both(tmp_path: Path) -> None:
    refusal = deal_in(tmp_path, ",orderSum", ',"12,345"')
    assert refusal.violations[0].en.startswith("12,345: is it 12345 or 12.345? ")
    spreadsheet = write_xlsx(tmp_path / "deals.xlsx", [*HEAD.split(","), "Сумма"], [*ROW.split(","), 12.345])
    assert contents(spreadsheet)[0].amount_rub == Decimal("12.345")


def test_rubles_are_the_values_that_an_earlier_release_imported_without_a_currency(tmp_path: Path) -> None:
    earlier = deal_in(tmp_path, ",Сумма", ",2")
    assert deal_in(tmp_path, ",Сумма,Валюта", ",2,RUB").fingerprints == (earlier.fingerprint,)
    assert earlier.fingerprint not in deal_in(tmp_path, ",Сумма,Валюта", ",2,USD").fingerprints


@pytest.mark.parametrize(
    ("cell", "currency"), [("", None), (" USD ", "usd"), ("RUB", None), ("руб.", None), ("₽", None), ("тенге", "тенге")]
)
def test_a_currency_is_read_as_deals_store_it(tmp_path: Path, cell: str, currency: str | None) -> None:
    assert deal_in(tmp_path, ",Валюта", f",{cell}").currency == currency
    (refused,) = deal_in(tmp_path, ",currency", "," + "x" * 17).violations
    assert refused.field == "currency"


def test_a_sum_in_a_spreadsheet_is_rounded_like_the_same_text(tmp_path: Path) -> None:
    (spreadsheet,) = contents(write_xlsx(tmp_path / "d.xlsx", [*HEAD.split(","), "Сумма"], [*ROW.split(","), 2.00005]))
    assert spreadsheet.amount_rub == deal_in(tmp_path, ",Сумма", ",2.00005").amount_rub == Decimal("2.0001")


@pytest.mark.parametrize(
    ("more", "cells", "identity"),
    [
        (",leadType,leadId", ",call,7", CallIdentity(7, None)),
        (",leadType,leadId", ",lead_request,7", LeadRequestIdentity(7, None)),
        (",Тип лида,ID лида", ",Звонок,7", CallIdentity(7, None)),
        (",callId,requestId", ",7,", CallIdentity(7, None)),
        (",callId,requestId", ",,7", LeadRequestIdentity(7, None)),
        (",callId,requestId", ",,", None),
        (",leadType,leadId", ",call,", None),
        (",callId,requestId", ",7,8", "row"),
        (",leadId,callId", ",5,7", "row"),
        (",leadType,leadId,requestId", ",request,5,7", "row"),
        (",leadType,leadId,requestId", ",call,7,7", "row"),
        (",leadId,callId", ",7,7", CallIdentity(7, None)),
        (",leadId", ",7", "lead_kind"),
        (",leadType,leadId", ",,7", "lead_kind"),
        (",leadType,leadId", ",chat,7", "leadType"),
        (",callId", ",0", "callId"),
    ],
)
def test_a_deal_names_its_lead_by_kind_and_id(tmp_path: Path, more: str, cells: str, identity: Any) -> None:
    deal = deal_in(tmp_path, more, cells)
    if isinstance(deal, InvalidParameters):
        assert [violation.field for violation in deal.violations] == [identity]
    else:
        assert deal.clue.identity == identity


def test_two_ids_of_one_lead_are_both_named(tmp_path: Path) -> None:
    said = deal_in(tmp_path, ",leadId,callId", ",5,7").text("en")
    assert "lead_id is 5, but call_id is 7" in said


def test_fields_of_the_site_are_columns_by_either_heading(tmp_path: Path) -> None:
    more, cells, fields = ",custom[Маржа],Цвет,custom[unknown],Статус", ",5,red,x,old", ("Маржа", "Цвет", "Статус")
    deal = deal_in(tmp_path, more, cells, fields)
    assert deal.custom_values == {"Маржа": "5", "Цвет": "red"}, "a heading of the table is not a field"
    assert deal_in(tmp_path, ",custom[a b],custom[ab]", ",1,2", ("a b", "ab")).custom_values == {}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("orderNumber,orderDate,orderStatus\n,26.03.2018 10:00:00,new\n", "row"),
        ("orderId,orderDate,orderStatus\n1,26.03.2018,new\n", "orderDate"),
        ("orderId,orderDate,orderStatus,updatedDate\n1,26.03.2018 10:00,new,26.03.2018\n", "updatedDate"),
        ("orderId,orderDate,orderStatus\n0,26.03.2018 10:00,new\n", "orderId"),
        ("orderId,orderDate,orderStatus\n1,never,new\n", "orderDate"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_its_cells(tmp_path: Path, content: str, field: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(content)
    (refusal,) = contents(path)
    assert [violation.field for violation in refusal.violations] == [field]


def test_the_same_deal_has_one_fingerprint_and_any_other_value_another(tmp_path: Path) -> None:
    deal = deal_in(tmp_path)
    assert deal == DEAL
    others = [
        deal_in(tmp_path, more, cells)
        for more, cells in [
            (",orderSum", ",0"), (",manager", ",A"), (",tags", ",A"), (",callId", ",1"), (",source", ",vk"),
        ]
    ]  # fmt: skip
    assert len({deal.fingerprint, DEAL.fingerprint, *(other.fingerprint for other in others)}) == 6
