"""The journals of deals and leads as files: exactly what their pages list, with contacts."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import httpx
import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.details import ContactBook, DealDetails
from dealtrace.deals.lead_clue import LeadClue, stated_contacts
from dealtrace.files.import_columns import FoundColumn
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.leads.call import Circumstances
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.journals.deal_list import DealFilters, query_deal_list
from dealtrace.storage.journals.keyset_pages import find_newest, find_oldest, id_chunks
from guests import Guest, member_of
from server import ServerProcess
from write_commands import by_contact, registration

PHONE, OTHER_PHONE = "79205550055", "79991112233"
DAY = "2018-03-26"
MARCH = {"from": "2018-03-01", "to": "2018-03-31"}


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site with contact matching on."""
    return served.open_site(contact_matching=True)


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log an analyst of the site in, in Russian."""
    return member_of(server, served, site.site.id, Role.ANALYST, language="ru")


def register(stage: Stage, player: Player, number: str, **fields: object) -> int:
    (outcome,) = stage.perform(register_deals, player, registration(number, **fields))
    return int(outcome.deal_id)


def column(guest: Guest, path: str, heading: str, **query: str) -> list[str]:
    """Return the texts of a column of a list as CSV; the first line has the headings, so the file can be imported."""
    answer = guest.get(path, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv;charset=UTF-8"
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    return [row[heading] for row in rows]


def opened(answer: httpx.Response, noun: ImportNoun) -> Sequence[FoundColumn]:
    """Return the columns that an import finds in a CSV file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(answer.content)
        return open_import_file(path, noun, None, ()).layout.found_columns


def texts_of_book(content: bytes) -> str:
    """Return all texts of a workbook."""
    with ZipFile(io.BytesIO(content)) as book:
        return " ".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def test_the_file_of_deals_has_all_that_the_page_finds_in_its_order(
    served: Stage, site: Player, analyst: Guest
) -> None:
    served.call(site, moscow(DAY, "10:00:00"), phone=PHONE)
    first = moscow(DAY, "12:00:00")
    for place in range(60):
        status = "new" if place % 10 else "won"
        amount = Decimal(place * 7 % 60) if place else None
        register(
            served, site, f"D-{place:02}", happened_at=first + timedelta(minutes=place), amount_rub=amount,
            status=status, clue=by_contact(PHONE),
        )  # fmt: skip
    register(served, site, "outside", happened_at=moscow("2018-02-01"))
    served.perform(delete_deals, site, DealKey(None, "D-11"))
    numbers = [f"D-{place:02}" for place in range(59, -1, -1) if place != 11]
    assert column(analyst, "deals.csv", "Номер сделки", **MARCH) == numbers
    assert column(analyst, "deals.csv", "Номер сделки", **MARCH, sort="date") == numbers[::-1]
    by_amount = sorted(numbers, key=lambda number: (int(number[2:]) * 7 % 60, int(number[2:])), reverse=True)
    by_amount = [number for number in by_amount if number != "D-00"] + ["D-00"]
    assert column(analyst, "deals.csv", "Номер сделки", **MARCH, sort="-amount") == by_amount
    won = ["D-50", "D-40", "D-30", "D-20", "D-10", "D-00"]
    assert column(analyst, "deals.csv", "Номер сделки", **MARCH, status="won") == won
    assert column(analyst, "deals.csv", "Номер сделки", **MARCH, deleted="yes") == ["D-11"]
    assert column(analyst, "deals.csv", "Номер сделки", q="outside") == ["outside"], "a search ignores the period"
    assert f'="{PHONE}"' in column(analyst, "deals.csv", "Телефоны", **MARCH, status="won"), "with contacts"


def test_a_deal_without_a_lead_is_listed_with_its_own_contacts(served: Stage, site: Player, analyst: Guest) -> None:
    lonely = stated_contacts("8 (920) 555-00-55", "anna@example.com")
    assert lonely is not None
    named = DealDetails(main_contacts=ContactBook("Анна", (OTHER_PHONE,)))
    register(served, site, "D-1", happened_at=moscow(DAY, "10:00:00"), clue=LeadClue(None, lonely))
    register(served, site, "D-2", happened_at=moscow(DAY, "11:00:00"), currency="rub", details=named)
    register(served, site, "D-3", happened_at=moscow(DAY, "12:00:00"))
    headings = {"Телефоны": ["", f'="{OTHER_PHONE}"', '="8 (920) 555-00-55"'], "Имя клиента": ["", "Анна", ""]}
    for heading, expected in {**headings, "Почта": ["", "", "anna@example.com"]}.items():
        assert column(analyst, "deals.csv", heading, **MARCH) == expected, heading


def test_a_workbook_says_which_filters_its_list_has(served: Stage, site: Player, analyst: Guest) -> None:
    register(served, site, "D-1", happened_at=moscow(DAY), status="won")
    answer = analyst.get("deals.xlsx", **MARCH, status="won", matched="no")
    assert f'filename="deals-{site.site.id}.xlsx"' in answer.headers["content-disposition"]
    texts = texts_of_book(answer.content)
    for said in ("D-1", "Период", "2018", "Статус", "won", "Без лида и без источника"):
        assert said in texts, said


def test_the_files_of_leads_have_what_their_tabs_list(served: Stage, site: Player, analyst: Guest) -> None:
    ten = moscow(DAY, "10:00:00")
    missing = {"seconds": 0, "phone": OTHER_PHONE, "circumstances": Circumstances(is_successful=False)}
    missed = served.call(site, ten, **missing)
    recent = served.call(site, datetime.now(UTC) - timedelta(hours=1), **missing)
    later = served.call(site, ten + timedelta(hours=1), phone=PHONE)
    sent = served.lead_request(site, ten, phone=PHONE)

    def ids(heading: str, **query: str) -> list[int]:
        return [int(re.sub(r"\D", "", text)) for text in column(analyst, "leads.csv", heading, **MARCH, **query)]

    assert ids("ID звонка") == [later.id, missed.id]
    assert ids("ID звонка", tab="missed") == [recent.id], "the latest days"
    assert ids("ID заявки", tab="requests") == [sent.id]
    assert ids("ID звонка", q=PHONE) == [later.id]
    assert OTHER_PHONE in texts_of_book(analyst.get("leads.xlsx", **MARCH, tab="missed").content)
    assert analyst.get("leads.csv", **MARCH, tab="visits").status_code == 404


def test_files_are_in_the_language_of_the_person_and_can_be_imported(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest
) -> None:
    served.call(site, moscow(DAY, "10:00:00"), phone=PHONE)
    served.lead_request(site, moscow(DAY, "10:00:00"), phone=PHONE)
    register(served, site, "D-1", happened_at=moscow(DAY), status="won", amount_rub=Decimal("1250.50"))
    english = member_of(server, served, site.site.id, Role.ANALYST)
    answers = [english.get(place, **MARCH, tab=tab) for place, tab in (("deals.csv", ""), ("leads.csv", "calls"))]
    deals, calls = [csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))) for answer in answers]
    (deal,), (call,) = deals, calls
    assert [deal[name] for name in ("Number", "Status", "Amount")] == ["D-1", "won", "1250.50"]
    assert (call["Date"], call["Unique"]) == ("2018-03-26 10:00:00", "yes")
    notes = texts_of_book(english.get("deals.xlsx", **MARCH, matched="no", contact="unusable").content)
    for said in ("Question", "Period", "2018", "Matched", "Neither a lead nor a source"):
        assert said in notes, said
    assert not re.search("[а-яё]", notes)
    for place, tab in (("deals", ""), ("leads", "calls"), ("leads", "requests")):
        wanted = ImportNoun({"": "deal", "calls": "call", "requests": "lead_request"}[tab])
        kept = [
            {found.column.name for found in opened(guest.get(f"{place}.csv", **MARCH, tab=tab), wanted)}
            for guest in (english, analyst)
        ]
        assert kept[0] == kept[1]


def test_the_notes_of_missed_calls_do_not_say_deleted(site: Player, analyst: Guest) -> None:
    said = "Удалённые лиды"
    assert said in texts_of_book(analyst.get("leads.xlsx", **MARCH, tab="calls", deleted="yes").content)
    assert said not in texts_of_book(analyst.get("leads.xlsx", **MARCH, tab="missed", deleted="yes").content)


@pytest.mark.parametrize("place", ["deals", "leads"])
def test_a_page_leads_to_the_files_of_what_it_shows(
    server: ServerProcess, served: Stage, site: Player, analyst: Guest, place: str
) -> None:
    served.call(site, moscow(DAY, "10:00:00"))
    register(served, site, "D-1", happened_at=moscow(DAY))
    page = analyst.get(place, **MARCH, contact="", before="").text
    for extension in ("csv", "xlsx"):
        assert f'{place}.{extension}?from=2018-03-01&amp;to=2018-03-31"' in page
        reader = member_of(server, served, site.site.id, Role.READER)
        assert reader.get(f"{place}.{extension}", **MARCH).status_code == 403, "files have contacts"


@pytest.mark.parametrize("most", [1, 2, 3, 5, 7])
def test_a_list_is_read_in_parts_without_gap_or_repetition(stage: Stage, shop: Player, most: int) -> None:
    ids = [register(stage, shop, f"{place}", happened_at=moscow(DAY)) for place in range(5)]
    query = query_deal_list(shop.site, DealFilters())
    with stage.database.read() as connection:
        newest = list(id_chunks(connection, query, find_newest, most))
        oldest = list(id_chunks(connection, query, find_oldest, most))
    assert [deal_id for part in newest for deal_id in part] == sorted(ids, reverse=True)
    assert [deal_id for part in oldest for deal_id in part] == sorted(ids)
    assert max(map(len, newest)) == min(most, 5)
