"""Everything kept of a person is told, and goes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from sqlalchemy import String, Table, Text, func, insert, select, update

from account_work import account_work
from cast import Player, Stage
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.attribution.visit import VisitId
from dealtrace.attribution.visit_ids import FIRST_KEYED_ID
from dealtrace.errors import NumberTaken, PersonNotFound
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.file_import import FileImport, ImportedFile
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.operations.matching.rematch import rematch_next
from dealtrace.operations.personal_data import erase_person, export_person, find_person
from dealtrace.storage.database.column_types import JsonText
from dealtrace.storage.leads.file_imports import insert_file_import, insert_imported_rows
from dealtrace.storage.personal_data import ANONYMOUS, DELETED, find_traces, list_contacts_of_deleted_leads
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import TENANT
from dealtrace.storage.schema.tables.deals import deal, deal_version
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, lead_request
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.erased_contacts import RECENT, find_visits_with_contacts
from plans import plans_by_index, statements_on
from stored import deal_of, rows_of
from write_commands import NOON, by_contact, by_lead_request, change, registration

PHONE, OTHER_PHONE, MAIL = "79205550055", "79990001122", "ivan@example.ru"
SECRETS = (
    PHONE,
    "(920) 555",
    "8 920 555",
    "9205550055",
    OTHER_PHONE,
    MAIL,
    "Ivan",
    "Иван",
    "звонить после шести",
    "паспорт",
    "192.0.2.77",
    "GA1",
    "ИНН",
)
BEFORE = NOON - timedelta(minutes=5)
MANY = 66_000
"""More than PostgreSQL takes as parameters of one statement, and SQLite as most build it."""
TELLS_NOBODY: dict[str, set[str]] = {
    "alert_incident": {"unit", "value", "usual", "ended_value"},
    "background_run": {"kind", "rules", "phase", "result"},
    "call": {
        "reference", "sip_id", "dialled_phone", "answering_phone", "exchange", "exchange_model", "tags",
    },
    "contact": {"set_apart"},
    "contact_reading": {"stage"},
    "currency_rate": {"currency"},
    "custom_field": {"name"},
    "deal": {
        "number", "status", "service", "lead_kind", "clue_call_reference", "clue_lead_request_number",
        "currency",
    },
    "deal_day": {"moment", "lead_kind"},
    "deal_status": {"spelling", "key", "meaning"},
    "deal_tag": {"tag"},
    "deal_version": {"kind", "before", "after"},
    "file_import": {"digest", "noun", "file_name"},
    "lead_contact": {"lead_kind", "reference"},
    "lead_request": {"number", "form_name", "tags"},
    "page_end": {"reader"},
    "cost": {"system", "account", "origin"},
    "api_request_batch": {"first_id", "entries"},
    "note": {"key", "text"},
    "report_column": {"name", "kind", "statuses", "formula"},
    "saved_report": {"name", "query"},
    "segment": {"name", "filters"},
    "taken_back_row": {"noun"},
    "site_change": {"key", "kind", "name", "before", "after", "former"},
    "reclassification": {"after_visitor", "hosts_digest"},
    "site_host": {"host", "kind", "name"},
    "traffic_source": {"digest", *SOURCE_PARTS, *(f"{part}_key" for part in SOURCE_PARTS)},
    "unknown_field": {"name"},
    "unknown_parameter": {"path", "name", "nearest"},
    "visit": {"browser", "city", "device", "os", "utm"},
    "webhook_outbox": {"event", "subject", "changed", "last_fault", "unsent_reason"},
}  # fmt: skip
"""Texts that are about a business, not a person; what versions tell of a person is cleaned by its own rule."""


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.fixture
def ivan(stage: Stage, shop: Player) -> int:
    """Keep a person with a phone and an e-mail: a visit, a call, a lead request, and a deal with its changes."""
    seen = stage.visit(
        shop,
        BEFORE,
        TrafficSource("yandex", "cpc"),
        visitor="GA1.visitor",
        landing_url=f"https://shop.example/?phone={PHONE}",
        ip="192.0.2.77",
        google_client_id="GA1.2",
        attrs={"name": "Иван"},
    )
    stage.call(shop, BEFORE, phone="8 (920) 555-00-55", client_name="Иван", visit_id=seen.id)
    stage.lead_request(shop, BEFORE, phone=PHONE, email="Ivan@Example.ru", client_name="Ivan")
    sent = registration(
        "n",
        clue=by_contact("8 920 555 00 55", MAIL),
        comment="звонить после шести",
        manager="его брат Пётр",
        custom_values={"margin": "паспорт"},
    )
    (receipt,) = stage.perform(register_deals, shop, sent)
    stage.perform(change_deals, shop, change(receipt.deal_id, comment="ИНН", status="won"))
    found: int = receipt.deal_id
    return found


def everything(stage: Stage, player: Player) -> str:
    """Write down all that lies in the site's tables."""
    return json.dumps(rows_of(stage.database, player), default=str, ensure_ascii=False)


def erase(stage: Stage, player: Player, stated: str) -> Mapping[Any, Any]:
    """Erase a person as the command does: what takes long is found before the transaction."""
    with stage.database.read() as connection:
        found = find_person(connection, [player.site], stated)
        visits = {each: find_visits_with_contacts(connection, each, data.contacts) for each, data in found.items()}
    with stage.database.write() as connection:
        return erase_person(account_work(connection), [player.site], stated, visits)


@pytest.mark.parametrize("stated", [PHONE, "+7 920 555-00-55"])
def test_nothing_about_the_person_stays(stage: Stage, shop: Player, ivan: int, stated: str) -> None:
    assert all(secret in everything(stage, shop) for secret in (PHONE, MAIL, "Иван", "ИНН", "192.0.2.77"))
    gone = erase(stage, shop, stated)[shop.site.id]
    assert (gone.leads, gone.deals, len(gone.visits)) == (2, {ivan}, 1)
    left = everything(stage, shop)
    assert [secret for secret in SECRETS if secret in left] == []


def test_contacts_in_utm_tags_are_hidden_and_sources_stay_apart(stage: Stage, shop: Player, ivan: int) -> None:
    mailed = [
        TrafficSource("mail", "email", "spring", content="ad 19205550055", term="Ivan@Example.ru"),
        TrafficSource("mail", "email", "summer", content=f"+{PHONE}", term="x-ivan@example.ru"),
        TrafficSource("mail", "email", "spring", content="89205550055", term="ivan@example.ru"),
        TrafficSource("mail", "email", "spring", content="ad 79205550056", term="petr@example.ru"),
    ]
    for number, source in enumerate(mailed):
        visitor = ("GA1.visitor", "stranger")[number % 2]
        url = f"https://shop.example/?{urlencode({'utm_content': source.content, 'utm_term': source.term})}"
        stage.visit(shop, BEFORE, source, visitor=visitor, utm=source, landing_url=url, referrer=unquote(url))
    stated = TrafficSource("mail", term=f"to {MAIL}")
    stage.perform(register_deals, shop, registration("m", clue=by_contact(PHONE, MAIL), stated_source=stated))
    for contact in (MAIL, PHONE):
        erase(stage, shop, contact)
    left = everything(stage, shop)
    for kept in ("ad 19205550055", "ad 79205550056", "petr@example.ru", "x-ivan@example.ru"):
        assert kept in left
        left = left.replace(kept, "")
    assert [secret for secret in (PHONE, "9205550055", "ivan@example", "Ivan@Example") if secret in left] == []
    with stage.database.read() as connection:
        terms = connection.execute(
            select(traffic_source.c.term, traffic_source.c.term_key, traffic_source.c.id)
            .where(traffic_source.c.site_id == shop.site.id, traffic_source.c.source == "mail")
            .order_by(traffic_source.c.id)
        ).all()
    assert terms[0].term == f"•••{terms[0].id}"
    assert len({row.term_key for row in terms}) == len(mailed) + 1


def test_visits_from_a_source_with_a_contact_are_not_searched_for_while_deals_wait(
    stage: Stage, shop: Player, ivan: int
) -> None:
    source, now = TrafficSource("mail", "email", term=MAIL), datetime.now(UTC)
    earlier = stage.visit(shop, BEFORE, source, visitor="friend", utm=source)
    with stage.database.read() as connection:
        found = find_visits_with_contacts(connection, shop.site.id, [PHONE, MAIL])
    assert earlier.id in found
    stage.visit(shop, now, source, visitor="friend", utm=source)
    with stage.database.write() as connection, statements_on(stage.database.writer) as sent:
        erase_person(account_work(connection, now), [shop.site], PHONE, {shop.site.id: found})
    assert MAIL not in json.dumps(rows_of(stage.database, shop)["visit"], default=str)
    of_visits = [each for each in sent if "FROM visit" in each[0]]
    assert of_visits
    plans = plans_by_index(stage.database, of_visits)
    assert not [line for line in plans.splitlines() if "visit" in line and line.endswith("(site_id=?)")]


@pytest.mark.parametrize("is_finished", [False, True])
def test_old_visits_that_an_import_adds_after_the_search_are_hidden_too(
    stage: Stage, shop: Player, ivan: int, is_finished: bool
) -> None:
    source, now, site_id = TrafficSource("mail", "email", term=MAIL), NOON + 2 * RECENT, shop.site.id
    with stage.database.read() as connection:
        found = find_visits_with_contacts(connection, site_id, [PHONE, MAIL])
    added = stage.visit(shop, BEFORE, source, visitor="friend", utm=source)
    begun = FileImport("digest", now, finished_at=now if is_finished else None, number=7)
    with stage.database.write() as connection:
        insert_file_import(connection, site_id, begun, ImportedFile("visit", "visits.csv"))
        insert_imported_rows(connection, site_id, 7, [added.id])
    with stage.database.write() as connection:
        erase_person(account_work(connection, now), [shop.site], PHONE, {site_id: found})
    assert MAIL not in json.dumps(rows_of(stage.database, shop)["visit"], default=str)


@pytest.mark.parametrize(
    "written",
    [
        "8 (920) 555-00-55",
        "8-920-555-00-55",
        "+7.920.555.00.55",
        "920 555\u00a000 55",
        "%2B7%20920%20555-00-55",
        "%252B7%2520920%2520555%252D00%252D55",
        "920/555-00-55",
        "8%2F920%2F555-00-55",
        "920%E2%80%AF555%E2%80%AF00%E2%80%AF55",
        "u=ivan%40example.ru",
        "ivan%40example%2Eru",
        "%69van@example.ru",
        "IVA%254E%2540example%252Eru",
    ],
)
def test_contacts_are_hidden_in_tags_however_they_are_written(
    stage: Stage, shop: Player, ivan: int, written: str
) -> None:
    neighbours = "8 (920) 555-00-56", "news%2Bivan@example.ru", "news%2B%69van%40example%2Eru"
    for number, content in enumerate((written, *neighbours)):
        source = TrafficSource("mail", "email", "spring", content=content, term=f"to_{number}")
        url = f"https://shop.example/?{urlencode({'utm_content': content})}"
        stage.visit(shop, BEFORE, source, visitor="stranger", utm=source, landing_url=url, referrer=unquote(url))
    for contact in (MAIL, PHONE):
        erase(stage, shop, contact)
    rows = rows_of(stage.database, shop)
    left = json.dumps([rows["visit"], rows["traffic_source"]], default=str, ensure_ascii=False).lower()
    for neighbour in neighbours:
        for spelling in {neighbour.lower(), urlencode({"": neighbour}).lower()}:
            assert spelling in left
            left = left.replace(spelling, "")
    hidden = ("555-00-55", "555.00.55", "00\u00a055", "00 55", "d00", "af00", "ivan", "van@", "e%2eru")
    assert [secret for secret in (written.lower(), *hidden) if secret in left] == []


NAMING = (
    "https://shop.example/?phone=8%20(920)%20555-00-55&from=friend",
    "https://shop.example/?m=IVAN%40Example.ru",
    "https://shop.example/?to=https%3A%2F%2Fb.example%2F%3Fm%3Divan%2540example%252Eru",
)
"""URLs with the contacts of a person; each other part of the traffic source is somebody else's."""
NOT_NAMING = (
    "https://shop.example/?m=news%2Bivan%40example.ru",
    "https://shop.example/?phone=19205550055",
    "https://shop.example/?phone=92055500551",
)


@pytest.mark.parametrize("place", ["landing_url", "referrer"])
def test_contacts_in_urls_of_others_are_hidden_though_their_source_has_none(
    stage: Stage, shop: Player, ivan: int, place: str
) -> None:
    source, neighbour = TrafficSource("yandex", "cpc"), stage.open_site()
    theirs = [stage.visit(shop, BEFORE, source, visitor="friend", **{place: url}).id for url in NAMING]
    for url in NOT_NAMING:
        stage.visit(shop, BEFORE, source, visitor="friend", **{place: url})
    stage.visit(neighbour, BEFORE, source, visitor="friend", **{place: NAMING[0]})
    before = everything(stage, neighbour)
    with stage.database.read() as connection:
        mine = find_visits_with_contacts(connection, shop.site.id, [PHONE, MAIL])
        assert set(theirs) < mine
        assert len(mine) == len(theirs) + 1, "a visit of the person's own has the phone too"
        assert find_visits_with_contacts(connection, shop.site.id, [OTHER_PHONE]) == frozenset()
        assert find_visits_with_contacts(connection, shop.site.id, []) == frozenset()
    with stage.database.write() as connection:
        erase_person(account_work(connection), [shop.site], PHONE, {shop.site.id: mine})
    left = json.dumps(rows_of(stage.database, shop)["visit"], default=str)
    assert all(url in left for url in NOT_NAMING)
    for hidden in ("?phone=•••&from=friend", "?m=•••", "%3Fm%3D•••"):
        assert json.dumps(hidden)[1:-1] in left
    assert not any(url in left for url in NAMING)
    assert everything(stage, neighbour) == before


def test_an_email_beyond_ascii_is_found_in_urls_which_escape_it(stage: Stage, shop: Player) -> None:
    source = TrafficSource("yandex", "cpc")
    escaped = quote("ива-н@почта.рф")
    urls = [f"https://shop.example/?m={spelled}" for spelled in (escaped, quote(escaped))]
    theirs = {stage.visit(shop, BEFORE, source, visitor="friend", landing_url=url).id for url in urls}
    stage.visit(shop, BEFORE, source, visitor="friend", landing_url="https://shop.example/?m=" + quote("и@почта.рф"))
    with stage.database.read() as connection:
        assert find_visits_with_contacts(connection, shop.site.id, ["ива-н@почта.рф"]) == theirs


def test_only_leads_that_bear_the_contact_are_reached(stage: Stage, shop: Player, ivan: int) -> None:
    gone = erase(stage, shop, "IVAN@example.ru")[shop.site.id]
    assert (len(gone.calls), len(gone.lead_requests), gone.clients, len(gone.visits)) == (0, 1, frozenset(), 0)
    left = everything(stage, shop)
    assert MAIL not in left
    assert PHONE in left
    assert "192.0.2.77" in left
    assert erase(stage, shop, PHONE)[shop.site.id].leads == 1
    assert [secret for secret in SECRETS if secret in everything(stage, shop)] == []


def test_a_form_with_the_phone_of_another_opens_nothing_of_theirs(stage: Stage, shop: Player, ivan: int) -> None:
    stage.lead_request(shop, BEFORE, phone=PHONE, email="thief@example.ru", client_name="Thief")
    with stage.database.read() as connection:
        result = export_person(connection, [shop.site], "thief@example.ru")[shop.site.id]
    assert {table: len(rows) for table, rows in result.items() if rows} == {
        "lead_request": 1, "lead_contact": 2, "contact": 1,
    }  # fmt: skip
    assert not any(secret in json.dumps(result, default=str) for secret in ("192.0.2.77", MAIL, "GA1", "ИНН"))


def test_a_form_that_names_the_visit_of_another_opens_that_visit_alone(stage: Stage, shop: Player, ivan: int) -> None:
    earlier = stage.visit(shop, BEFORE - timedelta(days=1), TrafficSource("vk"), visitor="GA1.visitor", ip="192.0.2.78")
    (theirs,) = [row for row in rows_of(stage.database, shop)["visit"] if "192.0.2.77" in row]
    (named,) = [value for value in theirs if isinstance(value, int) and value >= FIRST_KEYED_ID and value != earlier.id]
    stage.lead_request(shop, BEFORE, email="thief@example.ru", visit_id=VisitId(named))
    with stage.database.read() as connection:
        result = export_person(connection, [shop.site], "thief@example.ru")[shop.site.id]
        mine = export_person(connection, [shop.site], PHONE)[shop.site.id]
    assert [row["id"] for row in result["visit"]] == [named]
    assert [row["id"] for row in mine["visit"]] == [named]


def test_every_visit_of_a_browser_that_only_the_person_used_is_theirs(stage: Stage, shop: Player, ivan: int) -> None:
    stage.visit(shop, BEFORE - timedelta(days=1), TrafficSource("vk"), visitor="GA1.visitor", ip="192.0.2.78")
    stage.visit(shop, BEFORE, TrafficSource("vk"), visitor="another", ip="192.0.2.79")
    assert len(erase(stage, shop, PHONE)[shop.site.id].visits) == 2
    left = everything(stage, shop)
    assert "192.0.2.78" not in left
    assert "192.0.2.79" in left


def test_a_person_with_more_visits_than_a_statement_takes_parameters_is_exported_and_erased(
    stage: Stage, shop: Player, ivan: int
) -> None:
    stage.visit(shop, BEFORE - timedelta(days=1), TrafficSource("vk"), visitor="GA1.visitor", ip="192.0.2.78")
    mine = visit.c.site_id == shop.site.id
    with stage.database.write() as connection:
        row = connection.execute(select(visit).where(mine, visit.c.ip == "192.0.2.78")).mappings().one()
        copies = [{**row, "id": row["id"] + number} for number in range(1, MANY)]
        connection.execute(insert(visit), copies)
    with stage.database.read() as connection:
        assert len(export_person(connection, [shop.site], PHONE)[shop.site.id]["visit"]) == MANY + 1  # type: ignore[arg-type]
    assert len(erase(stage, shop, PHONE)[shop.site.id].visits) == MANY + 1
    with stage.database.read() as connection:
        assert connection.execute(select(func.count()).where(mine, visit.c.ip != "")).scalar() == 0


def test_deleted_leads_are_reached_by_their_own_contacts_only(stage: Stage, shop: Player) -> None:
    mine = stage.lead_request(shop, BEFORE, phone=PHONE, email=MAIL)
    other = stage.lead_request(shop, BEFORE, phone=OTHER_PHONE, email=MAIL)
    with stage.database.write() as connection:
        for lead in (mine, other):
            delete_lead(stage.work(connection, shop), LeadRef(LeadKind.LEAD_REQUEST, lead.id))
    gone = erase(stage, shop, PHONE)[shop.site.id]
    assert gone.lead_requests == {mine.id}


def test_the_deal_its_lead_and_its_source_stay(stage: Stage, shop: Player, ivan: int) -> None:
    before = deal_of(stage.database, shop, ivan)
    erase(stage, shop, PHONE)
    after = deal_of(stage.database, shop, ivan)
    assert (after.lead, after.status, after.amount_rub, after.version) == (
        before.lead,
        "won",
        before.amount_rub,
        before.version,
    )
    rows = rows_of(stage.database, shop)
    assert len(rows["traffic_source"]) == 1
    assert len(rows["lead_credit"]) >= 1


def test_no_later_lead_matches_it_and_no_retry_brings_it_back(stage: Stage, shop: Player, ivan: int) -> None:
    lead = deal_of(stage.database, shop, ivan).lead
    erase(stage, shop, PHONE)
    call = stage.call(shop, NOON, phone=PHONE)
    assert deal_of(stage.database, shop, ivan).lead == lead != LeadRef(LeadKind.CALL, call.id)
    again = registration("n", clue=by_contact("8 920 555 00 55", MAIL))
    (refused,) = stage.perform(register_deals, shop, again)
    assert isinstance(refused, NumberTaken)


@pytest.mark.parametrize(("phone", "email"), [("8 920 555 00 55", None), (PHONE, MAIL), (None, "IVAN@example.ru")])
def test_a_later_deal_with_the_contacts_of_the_person_finds_no_erased_lead(
    stage: Stage, shop: Player, ivan: int, phone: str | None, email: str | None
) -> None:
    assert deal_of(stage.database, shop, ivan).lead is not None
    erase(stage, shop, PHONE)
    (receipt,) = stage.perform(register_deals, shop, registration("later", clue=by_contact(phone, email)))
    with stage.database.write() as connection:
        rematch_next(stage.work(connection, shop, NOON), 0)
    assert deal_of(stage.database, shop, receipt.deal_id).lead is None


def test_a_deal_that_found_no_lead_is_the_persons_too(stage: Stage, shop: Player) -> None:
    (receipt,) = stage.perform(register_deals, shop, registration("n", clue=by_contact(OTHER_PHONE)))
    gone = erase(stage, shop, OTHER_PHONE)[shop.site.id]
    assert gone.deals == {receipt.deal_id}
    assert OTHER_PHONE not in everything(stage, shop)


def test_others_are_not_touched(stage: Stage, shop: Player, ivan: int) -> None:
    stage.call(shop, BEFORE, phone=OTHER_PHONE, client_name="Анна")
    stage.perform(register_deals, shop, registration("m", clue=by_contact(OTHER_PHONE), comment="Анна"))
    neighbour = stage.open_site()
    stage.call(neighbour, BEFORE, phone=PHONE, client_name="Иван")
    theirs = rows_of(stage.database, neighbour)
    erase(stage, shop, PHONE)
    left = everything(stage, shop)
    assert left.count("Анна") >= 2
    assert OTHER_PHONE in left
    assert rows_of(stage.database, neighbour) == theirs


def test_every_row_of_the_person_is_stated(stage: Stage, shop: Player, ivan: int) -> None:
    neighbour = stage.open_site()
    with stage.database.read() as connection:
        result = export_person(connection, [shop.site, neighbour.site], PHONE)
    assert list(result) == [shop.site.id]
    counted = {table: len(rows) for table, rows in result[shop.site.id].items()}
    assert counted == {
        "client": 1,
        "contact": 2,
        "call": 1,
        "lead_request": 1,
        "lead_contact": 3,
        "lead_version": 0,
        "visit": 1,
        "deal": 1,
        "deal_contact": 0,
        "deal_key": 0,
        "deal_version": 2,
    }


@pytest.mark.parametrize("stated", ["79990009999", "nobody@example.ru", "not a contact", ""])
def test_somebody_unknown_is_refused(stage: Stage, shop: Player, ivan: int, stated: str) -> None:
    with stage.database.write() as connection, pytest.raises(PersonNotFound):
        erase_person(account_work(connection), [shop.site], stated)
    with stage.database.read() as connection, pytest.raises(PersonNotFound):
        export_person(connection, [shop.site], stated)


def test_twice_is_refused(stage: Stage, shop: Player, ivan: int) -> None:
    erase(stage, shop, PHONE)
    with pytest.raises(PersonNotFound):
        erase(stage, shop, PHONE)


def texts_of(table: Table) -> set[str]:
    return {column.name for column in table.columns if isinstance(column.type, Text | String | JsonText)}


@pytest.mark.parametrize(
    "table",
    [table for table in metadata.sorted_tables if table.info == TENANT],
    ids=lambda item: item.name,
)
def test_every_text_of_a_site_is_about_a_person_or_not(table: Table) -> None:
    """A new column fails here until somebody has thought about it."""
    whole_rows = {table: {"contact", "digest", "key", "before", "after"} for table in DELETED}
    personal = set(ANONYMOUS.get(table, {})) | whole_rows.get(table, set())
    assert texts_of(table) - personal == TELLS_NOBODY.get(table.name, set())


def test_what_takes_its_place_fits_the_column() -> None:
    for table, replaced in ANONYMOUS.items():
        for name, value in replaced.items():
            assert table.c[name].nullable or value is not None
    assert {deal_version, deal, visit} - set(ANONYMOUS) == {deal_version}


def client_of(stage: Stage, player: Player, ref: LeadRef) -> int:
    """Return the id of the client of a lead."""
    table = LEAD_TABLES[ref.kind]
    with stage.database.read() as connection:
        mine = (table.c.site_id == player.site.id, table.c.id == ref.id)
        found: int = connection.execute(select(table.c.client_id).where(*mine)).scalar_one()
    return found


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_client_without_a_usable_contact_is_told_and_goes(stage: Stage, shop: Player, is_deleted: bool) -> None:
    source, seen = TrafficSource("yandex", "cpc"), {"visitor": "GA1.v", "landing_url": "https://shop.example/?Ivan"}
    visits = [stage.visit(shop, BEFORE, source, **seen), stage.visit(shop, NOON, source, **seen)]
    request = stage.lead_request(
        shop, BEFORE, phone="паспорт", email="Иван", client_name="Ivan", visit_id=visits[0].id, number="form"
    )
    clue = by_lead_request(None, "form")
    stage.perform(register_deals, shop, registration("n", clue=clue, comment="звонить после шести"))
    neighbour = stage.lead_request(shop, BEFORE, phone="secret of another", email=None, client_name="Olga")
    ref = LeadRef(LeadKind.LEAD_REQUEST, request.id)
    if is_deleted:
        with stage.database.write() as connection:
            delete_lead(stage.work(connection, shop), ref)
    client_id = client_of(stage, shop, ref)
    with stage.database.read() as connection:
        rows = export_person(connection, [shop.site], client_id)[shop.site.id]
    assert [row["phone"] for row in rows["lead_request"]] == ["паспорт"]
    assert {row["id"] for row in rows["visit"]} == {visit.id for visit in visits}
    assert len(rows["deal"]) == (0 if is_deleted else 1)
    with stage.database.write() as connection:
        erase_person(account_work(connection), [shop.site], client_id)
    text = everything(stage, shop)
    assert not [secret for secret in ("паспорт", "Иван", "Ivan") if secret in text]
    assert ("звонить после шести" in text) is is_deleted
    assert "secret of another" in text
    assert "Olga" in text
    assert neighbour.id != request.id
    with stage.database.read() as connection, pytest.raises(PersonNotFound):
        export_person(connection, [shop.site], client_id)


def test_a_neighbours_client_is_not_found(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    request = stage.lead_request(neighbour, BEFORE, phone="паспорт", email=None, client_name="Ivan")
    client_id = client_of(stage, neighbour, LeadRef(LeadKind.LEAD_REQUEST, request.id))
    with stage.database.write() as connection, pytest.raises(PersonNotFound):
        erase_person(account_work(connection), [shop.site], client_id)
    assert "Ivan" in everything(stage, neighbour)


def test_a_client_with_a_contact_takes_along_its_leads_without_one(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, BEFORE, phone=PHONE, client_name="Ivan")
    client_id = client_of(stage, shop, LeadRef(LeadKind.CALL, call.id))
    hidden = stage.lead_request(shop, BEFORE, phone="паспорт", email=None)
    with stage.database.write() as connection:
        mine = (lead_request.c.site_id == shop.site.id, lead_request.c.id == hidden.id)
        connection.execute(update(lead_request).where(*mine).values(client_id=client_id))
        erased = erase_person(account_work(connection), [shop.site], client_id)[shop.site.id]
    assert erased.leads == 2
    assert "паспорт" not in everything(stage, shop)
    assert "Ivan" not in everything(stage, shop)


def delete_request(stage: Stage, player: Player, lead_id: int) -> int:
    """Delete a lead request; return the id of its client."""
    ref = LeadRef(LeadKind.LEAD_REQUEST, lead_id)
    with stage.database.write() as connection:
        delete_lead(stage.work(connection, player), ref)
    return client_of(stage, player, ref)


def test_a_client_whose_leads_are_all_deleted_is_told_and_goes(stage: Stage, shop: Player) -> None:
    page = {"visitor": "GA1.v", "landing_url": "https://shop.example/?Ivan"}
    seen = stage.visit(shop, BEFORE, TrafficSource("yandex", "cpc"), **page)
    request = stage.lead_request(
        shop, BEFORE, phone="8 (920) 555-00-55", email="Ivan@Example.ru", client_name="Ivan", visit_id=seen.id
    )
    client_id = delete_request(stage, shop, request.id)
    with stage.database.read() as connection:
        rows = export_person(connection, [shop.site], client_id)[shop.site.id]
    assert [len(rows[table]) for table in ("client", "lead_request", "visit")] == [1, 1, 1]
    with stage.database.write() as connection:
        erase_person(account_work(connection), [shop.site], client_id)
    text = everything(stage, shop)
    assert not [secret for secret in SECRETS if secret in text]
    with stage.database.read() as connection, pytest.raises(PersonNotFound):
        export_person(connection, [shop.site], client_id)


def test_the_lead_that_connected_two_clients_opens_nothing_of_the_other_client(stage: Stage, shop: Player) -> None:
    mine = stage.lead_request(shop, BEFORE, phone=PHONE, email=None)
    other = stage.lead_request(shop, BEFORE, phone=OTHER_PHONE, email=None)
    both = stage.lead_request(shop, NOON, phone=f"{PHONE}, {OTHER_PHONE}", email=None)
    delete_request(stage, shop, both.id)
    client_id = client_of(stage, shop, LeadRef(LeadKind.LEAD_REQUEST, mine.id))
    assert client_id != client_of(stage, shop, LeadRef(LeadKind.LEAD_REQUEST, other.id))
    with stage.database.write() as connection:
        erased = erase_person(account_work(connection), [shop.site], client_id)[shop.site.id]
    assert erased.lead_requests == {mine.id, both.id}


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_client_that_has_only_a_filler_is_told_and_goes(stage: Stage, shop: Player, is_deleted: bool) -> None:
    source = TrafficSource("yandex", "cpc")
    seen = stage.visit(shop, BEFORE, source, visitor="GA1.v", landing_url="https://shop.example/?Ivan")
    filled = {"phone": "паспорт", "email": "no@no.ru"}
    request = stage.lead_request(shop, BEFORE, **filled, client_name="Ivan", visit_id=seen.id)
    other = stage.lead_request(shop, BEFORE, phone="of another", email="no@no.ru", client_name="Olga")
    client_id = client_of(stage, shop, LeadRef(LeadKind.LEAD_REQUEST, request.id))
    if is_deleted:
        delete_request(stage, shop, request.id)
    with stage.database.write() as connection:
        erased = erase_person(account_work(connection), [shop.site], client_id)[shop.site.id]
    assert erased.lead_requests == {request.id}
    assert erased.visits == {seen.id}
    text = everything(stage, shop)
    assert not [secret for secret in SECRETS if secret in text]
    assert "of another" in text
    assert "Olga" in text
    assert other.id not in erased.lead_requests
    assert "no@no.ru" in {row[1] for row in rows_of(stage.database, shop)["contact"]}, "others have it too"


@pytest.mark.parametrize("contacts", [(), (PHONE, MAIL)], ids=["no contact", "two contacts"])
def test_a_person_is_found_without_reading_all_leads_of_the_site(
    stage: Stage, shop: Player, contacts: tuple[str, ...]
) -> None:
    if not stage.database.is_sqlite:
        pytest.skip("PostgreSQL does not say how much it reads")
    mine = stage.call(shop, BEFORE, phone=contacts[0] if contacts else "hidden")
    client_id = client_of(stage, shop, LeadRef(LeadKind.CALL, mine.id))
    others = [IncomingCall(BEFORE, timedelta(0), f"7495{number:07}") for number in range(2_000)]
    stage.calls(shop, *others)
    steps: list[None] = []
    with stage.database.read() as connection:
        connection.connection.dbapi_connection.set_progress_handler(lambda: steps.append(None), 100)
        assert find_traces(connection, shop.site.id, contacts, [client_id]).calls == {mine.id}
        list_contacts_of_deleted_leads(connection, shop.site.id, [client_id])
        connection.connection.dbapi_connection.set_progress_handler(None, 0)
    assert len(steps) < len(others) / 100
