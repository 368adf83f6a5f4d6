"""A time, a day, a phone and an e-mail mean the same in every input: parameters, JSON, files, commands, pages.

The counter takes none of them: a visit begins when it is reported, and its visitor has no contacts.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Table, select
from starlette.datastructures import QueryParams

from cast import MOSCOW, Player, Stage, moscow
from commands import Terminal
from dealtrace.cabinet.carried_parameters import carried_query
from dealtrace.cabinet.requests import _query
from dealtrace.cli.day_options import _read_time
from dealtrace.leads.search_field import parse_search
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.deals import deal, deal_contact
from dealtrace.storage.schema.tables.leads import call, lead_contact, lead_request
from dealtrace.storage.schema.tables.visits import visit
from server import REST, ServerProcess

LEADS = "/lead-service/v1/api"
WIDGET = "/widget-service/v1/api/widget-request/user-form/create"
INSTANT = moscow("2026-03-06", "09:05:07")
DAY = date(2026, 3, 6)
DOTTED, DASHED, YEAR_FIRST, SLASHED = (
    "{day}.{month}.2026",
    "{day}-{month}-2026",
    "2026-{month}-{day}",
    "{day}/{month}/2026",
)
US, US_YEAR_FIRST = "{month}/{day}/2026", "2026/{month}/{day}"

DRESSES = (
    "{}",
    " {} ",
    "\t{}\r\n",
    "\u00a0{}\u202f",
    "\u200e{}\u200f",
    "\u202a{}\u202c",
    "\u2067{}\u2069",
    "\ufeff{}",
    "\u200b{}\u2060",
)
"""What programs and people put around a value; nobody sees it."""
GAPS = (" ", "  ", ", ", "T", "\u00a0", " \u200e")
TIMES = ("09:05:07", "9:05:07", "9:05:07.999", "09:05:07,999999999")


def days_in(form: str) -> list[str]:
    """Return a day in every spelling of a form."""
    plain = [form.format(day="06", month="03"), form.format(day="6", month="3"), form.format(day="6", month="03")]
    return [*plain, *(dress.format(plain[1]) for dress in DRESSES)]


def times_in(form: str) -> list[str]:
    """Return a time in every spelling of a form."""
    days = days_in(form)[:3]
    plain = [f"{day}{gap}{time}" for day, gap, time in zip(days * 4, GAPS * 2, TIMES * 3, strict=True)]
    return [*plain, *(dress.format(f"{days[1]} 9:05:07") for dress in DRESSES)]


INSTANTS = (
    *(f"2026-03-06T06:05:07{zone}" for zone in ("Z", "z", " UTC", "+00:00", "+0000", "+00", ".7Z", ",7Z", "-00:00")),
    *(f"2026-03-06T09:05:07{zone}" for zone in ("+03:00", "+0300", "+03", " +03:00", ".999999999+03:00", " GMT+3")),
    "2026-03-06 09:05:07+03:00",
    "2026-3-6 9:05:07 +0300",
    "06.03.2026 09:05:07 +03:00",
    "2026-03-06T11:35:07+05:30 ",
    "2026-03-06T01:05:07−05:00",
    "1772777107",
    "1772777107.0",
    "1772777107.999",
    "1772777107,5",
    "1772777107000",
    "1772777107999",
    "1772777107000.25",
    *(dress.format("2026-03-06T06:05:07Z") for dress in DRESSES),
    *(dress.format("1772777107") for dress in DRESSES),
)
"""A time that states its zone, or counts from 1970, as files have it."""


def form_of(player: Player, **sent: Any) -> Mapping[str, Any]:
    return {"clientApiId": player.token, "orderSum": "1", "orderStatus": "new", "service": "CRM", **sent}


def headers_of(player: Player) -> dict[str, str]:
    return {"Access-Token": player.token, "SiteId": str(player.site.id), "Accept-Language": "en"}


ContactInput = Callable[[ServerProcess, Player, str, str], httpx.Response]
Send = Callable[[ServerProcess, Player, int, str], httpx.Response]


def post(path: str, name: str, item: Callable[[int, str], Mapping[str, Any]]) -> Send:
    """Return an input of JSON: a list of one item."""
    return lambda server, player, number, text: server.http.post(
        f"{LEADS}/{path}", headers=headers_of(player), json={name: [item(number, text)]}
    )


def get(path: str, sent: Callable[[int, str], Mapping[str, Any]]) -> Send:
    """Return an input of parameters, with all that any of them needs."""
    return lambda server, player, number, text: server.http.get(
        path.format(site=player.site.id), params={**form_of(player, apikey=player.token), **sent(number, text)}
    )


TIME_INPUTS: Mapping[str, tuple[str, Send, Table, str]] = {
    "register": (DOTTED, get(f"{REST}/orders/register/", lambda _, t: {"orderDate": t}), deal, "happened_at"),
    "form": (
        DOTTED,
        get(
            f"{REST}/requests/{{site}}/register/", lambda n, t: {"requestDate": t, "fio": "Olga", "email": f"{n}@e.ru"}
        ),
        lead_request,
        "requested_at",
    ),
    "form with a deal": (
        DOTTED,
        get(
            f"{REST}/requests/orders/register/",
            lambda n, t: {"requestDate": t, "orderDate": t, "fio": "Olga", "email": f"{n}@e.ru"},
        ),
        deal,
        "happened_at",
    ),
    "inbound call": (
        YEAR_FIRST,
        get(
            "/event-service/platform/ats/inbound-call",
            lambda n, t: {"callid": f"c{n}", "date": t, "callerid": "79205550055"},
        ),
        call,
        "started_at",
    ),
    "call/import": (
        YEAR_FIRST,
        post(
            "call/import",
            "calls",
            lambda n, t: {"referenceId": f"r{n}", "clientPhoneNumber": "79205550055", "callStartTime": t},
        ),
        call,
        "started_at",
    ),
    "request/create": (
        DASHED,
        post(
            "request/create", "requests", lambda n, t: {"requestNumber": f"n{n}", "email": "a@b.ru", "requestDate": t}
        ),
        lead_request,
        "requested_at",
    ),
    "client-order/create": (
        DASHED,
        post(
            "client-order/create",
            "orders",
            lambda n, t: {"orderNumber": f"n{n}", "status": "new", "orderDate": t, "statusDate": t},
        ),
        deal,
        "happened_at",
    ),
}


def values_of(served: Stage, player: Player, table: Table, column: str) -> list[Any]:
    """Return a column of all rows of a site."""
    with served.database.read() as connection:
        return list(connection.execute(select(table.c[column]).where(table.c.site_id == player.site.id)).scalars())


@pytest.mark.parametrize("name_of_input", TIME_INPUTS)
def test_a_time_is_the_same_in_every_spelling(
    server: ServerProcess, served: Stage, owner: Player, name_of_input: str
) -> None:
    form, send, table, column = TIME_INPUTS[name_of_input]
    spellings = times_in(form)
    for number, text in enumerate(spellings):
        answer = send(server, owner, number, text)
        assert answer.status_code == httpx.codes.OK, (text, answer.text)
        assert '"error":"' not in answer.text, (text, answer.text)
    assert values_of(served, owner, table, column) == [INSTANT] * len(spellings)


def test_the_time_of_a_matcher_is_the_same_in_every_spelling(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    lead = served.call(owner, INSTANT, seconds=0)
    for number, text in enumerate(times_in(DASHED)):
        params = {"phones": ["79205550055"], "date": text, "searchDepth": 0}
        order = {
            "orderNumber": f"n{number}", "status": "new", "orderDate": "07-03-2026 10:00:00",
            "matching": [{"type": "callContact", "callContactParams": params}],
        }  # fmt: skip
        answer = server.http.post(f"{LEADS}/client-order/create", headers=headers_of(owner), json={"orders": [order]})
        assert f'"id":{lead.id}' in answer.text, (text, answer.text)


def test_the_time_to_call_back_is_one_in_every_spelling(server: ServerProcess, served: Stage, owner: Player) -> None:
    for text in times_in(DASHED):
        sent = {"routeKey": "W", "phone": "79205550055", "scheduleTime": text}
        assert server.http.post(WIDGET, headers=headers_of(owner), json=sent).status_code == httpx.codes.OK, text
    (comment,) = set(values_of(served, owner, lead_request, "comment"))
    assert comment == "scheduleTime: 06-03-2026 09:05:07"


NOUNS: Mapping[str, tuple[Table, str, Mapping[str, str]]] = {
    "calls": (call, "started_at", {"phone": "79205550055"}),
    "requests": (lead_request, "requested_at", {"email": "a@b.ru"}),
    "deals": (deal, "happened_at", {"status": "new", "number": "{}"}),
    "visits": (visit, "started_at", {"visit_id": "{}"}),
}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("noun", NOUNS)
def test_a_time_in_a_file_is_the_same_in_every_spelling(
    served: Stage, owner: Player, beside: Terminal, noun: str, kind: str
) -> None:
    table, column, needed = NOUNS[noun]
    spellings = [*(text for form in (DOTTED, DASHED, YEAR_FIRST, SLASHED) for text in times_in(form)), *INSTANTS]
    rows = [
        {column: text, **{name: value.format(number) for name, value in needed.items()}}
        for number, text in enumerate(spellings, 1)
    ]
    lay(beside, f"rows.{kind}", rows)
    taken = beside.json("import", noun, f"rows.{kind}", "--site", str(owner.site.id))
    assert (taken["takenIn"], taken["refused"]) == (len(spellings), 0), taken
    found = values_of(served, owner, table, column)
    assert found == [INSTANT] * len(spellings)


def test_a_number_that_counts_from_1970_is_a_time_too(served: Stage, owner: Player, beside: Terminal) -> None:
    numbers = (1772777107, 1772777107.0, 1772777107.999, 1772777107000, 1772777107999.5)
    lay(beside, "rows.jsonl", [{"started_at": number, "phone": "79205550055"} for number in numbers])
    beside.done("import", "calls", "rows.jsonl", "--site", str(owner.site.id))
    assert values_of(served, owner, call, "started_at") == [INSTANT] * len(numbers)


def lay(terminal: Terminal, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a file of rows into the folder of a terminal."""
    with (terminal.folder / name).open("w", newline="") as file:
        if name.endswith("csv"):
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)


# Days


DAY_INPUTS: Mapping[str, tuple[Sequence[str], str, Mapping[str, Any]]] = {
    "orders-diary": ([SLASHED], f"{REST}/{{site}}/orders-diary/orders", {}),
    "calls-diary": ([SLASHED], f"{REST}/{{site}}/calls-diary/calls", {"page": 1}),
    "requests": ([US, US_YEAR_FIRST], f"{REST}/requests", {}),
    "total": ([SLASHED], f"{REST}/statistics/{{site}}/calls/total-count", {}),
    "api/reports": ([YEAR_FIRST], "/api/reports", {"metrics": "deals"}),
}


@pytest.mark.parametrize("name_of_input", DAY_INPUTS)
def test_a_day_is_the_same_in_every_spelling(
    server: ServerProcess, served: Stage, owner: Player, name_of_input: str
) -> None:
    forms, path, more = DAY_INPUTS[name_of_input]
    server.register(owner.token, orderDate="06.03.2026 09:05:07")
    served.call(owner, INSTANT)
    served.lead_request(owner, INSTANT, phone="79205550055")
    is_ours = name_of_input.startswith("api")
    names, tokens = (("from", "to"), []) if is_ours else (("dateFrom", "dateTo"), ["clientApiId", "access_token"])
    answers = set()
    for text in (text for form in forms for text in days_in(form)):
        sent = {**dict.fromkeys(tokens, owner.token), **dict.fromkeys(names, text), **more}
        answer = server.http.get(path.format(site=owner.site.id), params=sent, headers=headers_of(owner))
        assert answer.status_code == httpx.codes.OK, (text, answer.text)
        answers.add(answer.text)
    assert len(answers) == 1, answers


def test_a_day_of_a_cost_is_one_in_every_spelling(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    path = "/report-service/RestAPI/api/costs-import/update"
    for text in (text for form in (DOTTED, SLASHED, YEAR_FIRST) for text in days_in(form)):
        sent = {"clientApiId": owner.token, "source": "s", "price": "1", "dateFrom": text, "dateTo": text}
        assert server.http.get(path, params=sent).status_code == httpx.codes.OK, text
    assert set(values_of(served, owner, cost, "day_on")) == {DAY}
    spellings = [text for form in (DOTTED, DASHED, YEAR_FIRST, SLASHED, US_YEAR_FIRST) for text in days_in(form)]
    spellings += [dress.format("20260306") for dress in DRESSES]
    lay(beside, "costs.csv", [{"date": text, "source": f"s{n}", "cost": "1"} for n, text in enumerate(spellings)])
    beside.done("import", "costs", "costs.csv", "--site", str(owner.site.id), "--system", "s", "--account", "a")
    assert set(values_of(served, owner, cost, "day_on")) == {DAY}


@pytest.mark.parametrize("command", ["deal list", "export deals d.csv --force", "try", "report --metrics deals"])
def test_a_day_of_a_command_is_one_in_every_spelling(
    server: ServerProcess, owner: Player, beside: Terminal, command: str
) -> None:
    server.register(owner.token, orderDate="06.03.2026 09:05:07", orderNumber="only")
    site = [str(owner.site.id), "contact_matching=off"] if command == "try" else ["--site", str(owner.site.id)]
    said = set()
    for text in ("2026-03-06", "\u200e2026-3-6 "):
        done = beside.done(*command.split(), *site, f"--from={text}", f"--to={text}")
        said.add(done.out + (beside.folder / "d.csv").read_text() if "export" in command else done.out)
    assert len(said) == 1, said
    assert "only" in said.pop() or command in {"try", "report --metrics deals"}


def test_a_time_in_a_command_is_the_same_in_every_spelling() -> None:
    at = datetime.fromisoformat("2026-03-06T09:05:07")
    assert {_read_time(text) for text in times_in(YEAR_FIRST)} == {at}
    assert {_read_time(text) for text in INSTANTS if not text.startswith("06.")} <= {
        INSTANT + timedelta(microseconds=cut) for cut in (0, 250, 500_000, 700_000, 999_000, 999_999)
    }
    assert {_read_time(text) for text in days_in(YEAR_FIRST)} == {at.replace(hour=0, minute=0, second=0)}


def test_a_day_of_a_page_is_one_in_every_spelling() -> None:
    for text in days_in(YEAR_FIRST):
        query = _query(QueryParams({"from": text, "to": text}), MOSCOW)
        assert (query.since, query.until) == (moscow("2026-03-06"), moscow("2026-03-07")), text
        assert parse_qs(carried_query({"from": text, "to": text})[1:], keep_blank_values=True) == {
            "from": [text],
            "to": [text],
        }


# Phones and e-mails

PHONES = {
    "79205550055": ("79205550055",),
    "+7 (920) 555-00-55": ("79205550055",),
    "8 920 555 00 55": ("79205550055",),
    "\u202a+7 920 555-00-55\u202c": ("79205550055",),
    "\u200e\u00a089205550055\u200f": ("79205550055",),
    "＋7\u2011920\u2011555\u201100\u201155": ("79205550055",),
    "%2B79205550055": ("79205550055",),
    "&#43;79205550055": ("79205550055",),
    "79205550055.0": ("79205550055",),
    "7.9205550055E10": ("79205550055",),
    "00 7 920 555 00 55": ("79205550055",),
    "8~10 49 30 123456": ("4930123456",),
    "\u202a+49 30 123456\u202c": ("4930123456",),
    "+8 (495) 123-45-67": ("74951234567",),
    "8 (495) 123-45-67 вн.5": ("74951234567",),
    "84951234567 (5)": ("74951234567",),
    "+7 920 555-00-55, +7 920 555-00-66": ("79205550055", "79205550066"),
    "кв.3 8~10 7 920 555-00-55": ("79205550055",),
    "25.11.2026 8 920 555-00-55": ("79205550055",),
    "9205550055 с 10 до 18": ("79205550055",),
    "&#x2B;7&nbsp;920&nbsp;555&nbsp;00&nbsp;55": ("79205550055",),
    "8 920 555-00-55 доб. 12": ("79205550055",),
    "заказ 87616 66 21 23 73 68": (),
    "70000000000": (),
    "7777777777": (),
    "89О51234567": (),
    "7495123456": (),
}
"""Phones as they are written, and what is meant by each."""
EMAILS = {
    "b@mail.ru": ("b@mail.ru",),
    "B@Mail.RU ": ("b@mail.ru",),
    "mailto:b@mail.ru": ("b@mail.ru",),
    "b@mail.ru.": ("b@mail.ru",),
    "<b@mail.ru>": ("b@mail.ru",),
    "Boris <b@mail.ru>": ("b@mail.ru",),
    "\u200eb@mail.ru\u200f": ("b@mail.ru",),
    "b%40mail.ru": ("b@mail.ru",),
    "b&#64;mail.ru": ("b@mail.ru",),
    "b@почта.рф": ("b@почта.рф",),
    "b@xn--80a1acny.xn--p1ai": ("b@почта.рф",),
    "b@mail.ru; c@mail.ru": ("b@mail.ru", "c@mail.ru"),
}
"""E-mails as they are written, and what is meant by each."""


def contacts_of(served: Stage, player: Player) -> list[set[str]]:
    """Return the contacts of each lead or deal of a site, in the order in which they were sent."""
    with served.database.read() as connection:
        leads = [table.c.id for table in (call, lead_request)]
        ids = [id_ for each in leads for id_ in connection.execute(mine(select(each), player).order_by(each)).scalars()]
        found: dict[int, set[str]] = {id_: set() for id_ in ids}
        for row in connection.execute(mine(select(lead_contact.c.lead_id, lead_contact.c.contact), player)):
            found[row.lead_id].add(row.contact)
        if not ids:
            stated = select(deal.c.id, deal.c.clue_phone, deal.c.clue_email).order_by(deal.c.id)
            found = {row.id: set(row[1:]) - {None} for row in connection.execute(mine(stated, player))}
            for row in connection.execute(mine(select(deal_contact.c.deal_id, deal_contact.c.contact), player)):
                found[row.deal_id].add(row.contact)
    return list(found.values())


def mine(query: Any, player: Player) -> Any:  # Any: a query of any columns
    """Return a query of the rows of a site."""
    return query.where(query.selected_columns[0].table.c.site_id == player.site.id)


def item(path: str, name: str, needed: Mapping[str, Any], phone: str, email: str) -> ContactInput:
    """Return an input of JSON: a list of one item; dots in the name of a contact are objects in objects."""

    def send(server: ServerProcess, player: Player, contact: str, text: str) -> httpx.Response:
        value: Any = text
        for key in reversed((email if contact == "email" else phone).split(".")):
            value = {key: value}
        filled = {key: each.format(uuid4()) if isinstance(each, str) else each for key, each in needed.items()}
        json_ = {name: [{**filled, **value}]} if name else {**filled, **value}
        return server.http.post(path, headers=headers_of(player), json=json_)

    return send


def parameters(path: str, needed: Mapping[str, Any], phone: str, email: str) -> ContactInput:
    """Return an input of parameters."""

    def send(server: ServerProcess, player: Player, contact: str, text: str) -> httpx.Response:
        sent = form_of(player, orderDate="06.03.2026 09:05:07", apikey=player.token)
        filled = {key: each.format(uuid4()) for key, each in needed.items()}
        named = {(email if contact == "email" else phone): text}
        return server.http.get(path.format(site=player.site.id), params={**sent, **filled, **named})

    return send


CONTACT_INPUTS: Mapping[str, ContactInput] = {
    "register": parameters(f"{REST}/orders/register/", {}, "phoneNumber", "email"),
    "form": parameters(f"{REST}/requests/{{site}}/register/", {"fio": "Olga"}, "phoneNumber", "email"),
    "inbound call": parameters(
        "/event-service/platform/ats/inbound-call", {"callid": "{}", "date": "2026-03-06 09:05:07"}, "callerid", ""
    ),
    "call/import": item(
        f"{LEADS}/call/import",
        "calls",
        {"referenceId": "{}", "callStartTime": "2026-03-06 09:05:07"},
        "clientPhoneNumber",
        "",
    ),
    "request/create": item(f"{LEADS}/request/create", "requests", {"requestNumber": "{}"}, "phoneNumber", "email"),
    "client-order/create": item(
        f"{LEADS}/client-order/create",
        "orders",
        {"orderNumber": "{}", "status": "new", "orderDate": "06-03-2026 09:05:07"},
        "orderContacts.mainContacts.phoneNumber",
        "orderContacts.mainContacts.email",
    ),
    "widget": item(WIDGET, "", {"routeKey": "W"}, "phone", ""),
}


def meanings_in(name_of_input: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield each contact that an input takes: its kind, how it is written, what is meant."""
    for text, meant in PHONES.items():
        if meant or name_of_input != "widget":  # which takes no form without a contact
            yield "phone", text, meant
    if name_of_input not in {"inbound call", "call/import", "widget"}:
        for text, meant in EMAILS.items():
            yield "email", text, meant


@pytest.mark.parametrize("name_of_input", CONTACT_INPUTS)
def test_a_contact_is_the_same_in_every_spelling(
    server: ServerProcess, served: Stage, owner: Player, name_of_input: str
) -> None:
    sent = list(meanings_in(name_of_input))
    for kind, text, _ in sent:
        answer = CONTACT_INPUTS[name_of_input](server, owner, kind, text)
        assert answer.status_code == httpx.codes.OK, (text, answer.text)
        assert '"error":"' not in answer.text, (text, answer.text)
    found = dict(zip((text for _, text, _ in sent), contacts_of(served, owner), strict=True))
    assert found == {text: set(meant) for _, text, meant in sent}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("noun", ["calls", "requests", "deals"])
def test_a_contact_of_a_file_is_one_in_every_spelling(
    served: Stage, owner: Player, beside: Terminal, noun: str, kind: str
) -> None:
    texts = {**PHONES, **(EMAILS if noun != "calls" else {})}
    needed = {NOUNS[noun][1]: "06.03.2026 09:05:07", **({"status": "new"} if noun == "deals" else {})}
    rows = [
        {**needed, "phone": "", "email": "", "number": str(place), "email" if text in EMAILS else "phone": text}
        for place, text in enumerate(texts)
    ]
    lay(beside, f"rows.{kind}", rows)
    taken = beside.run("import", noun, f"rows.{kind}", "--site", str(owner.site.id), "--json").json
    refused = beside.folder / f"rows.{kind}.refused.csv"
    assert taken["refused"] == 0, refused.read_text()
    found = dict(zip(texts, contacts_of(served, owner), strict=True))
    assert found == {text: set(meant) for text, meant in texts.items()}


def test_a_contact_is_sought_in_every_spelling(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    phone, email = "79205550055", "b@mail.ru"
    lead = served.lead_request(owner, INSTANT, phone=phone, email=email)
    for text, meant in {**PHONES, **EMAILS}.items():
        sought = parse_search(text)
        assert sought is not None
        assert sought.contacts == meant, text
        if meant[:1] not in {(phone,), (email,)}:
            continue
        name, kind = ("emails", "requestContact") if "@" in meant[0] else ("phones", "requestContact")
        params = {name: [text], "date": "06-03-2026 09:05:07", "searchDepth": 0}
        order = {
            "orderNumber": f"n{text}", "status": "new", "orderDate": "06-03-2026 09:05:07",
            "matching": [{"type": kind, f"{kind}Params": params}],
        }  # fmt: skip
        answer = server.http.post(f"{LEADS}/client-order/create", headers=headers_of(owner), json={"orders": [order]})
        assert f'"id":{lead.id}' in answer.text, (text, answer.text)
    shown = {beside.done("person", "export", text).out for text in ("8 (920) 555-00-55", "\u202a+79205550055\u202c")}
    assert len(shown) == 1
