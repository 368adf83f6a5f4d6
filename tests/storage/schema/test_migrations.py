"""The steps lead to exactly the tables that are declared; what is of another release is refused with the cure."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import count

import msgspec
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select, text, update

from cast import Player, Stage
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.accounts.assigned_ids import OwnIds
from dealtrace.accounts.counter_code import is_counter_code
from dealtrace.accounts.site import SiteId
from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.details import ContactBook, DealDetails
from dealtrace.leads.search_field import SearchText
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.accounts.api_requests import RequestQuery, count_refusals_without_site, list_requests
from dealtrace.storage.accounts.shared_links import list_shared_links
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.column_types import microseconds
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals.daily_counts import list_miscounted_days
from dealtrace.storage.deals.versions import list_versions
from dealtrace.storage.id_blocks import IdBlocks, find_own_ids
from dealtrace.storage.journals.search_rows import find_searched_deals
from dealtrace.storage.leads.clients import find_phones_by_digest
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.schema.differences import schema_differences
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.control import shared_link
from dealtrace.storage.schema.tables.currency_rates import currency_rate
from dealtrace.storage.schema.tables.deals import deal, deal_day
from dealtrace.storage.schema.tables.file_imports import file_import, imported_row, taken_back_row
from dealtrace.storage.schema.tables.leads import contact, contact_reading, lead_credit
from dealtrace.storage.schema.tables.reports import deal_status
from dealtrace.storage.schema.upgrade import (
    MIGRATIONS,
    VERSION_TABLE,
    DatabaseForeign,
    SchemaOutdated,
    is_current,
    newest_revision,
    prepare_schema,
    require_database,
    require_schema,
    upgrade_schema,
)
from postgresql import PostgresqlServer
from stored import journal
from write_commands import NOON, by_call, change, registration

CURE = re.escape("`dealtrace db upgrade`")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_empty(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Database]]:
    """Give a function that opens a database in which nothing is yet, on each engine."""
    opened: list[Database] = []

    def create() -> Database:
        if request.param == "sqlite":
            file = tmp_path_factory.mktemp("empty") / "dealtrace.db"
            file.touch()
            address = f"sqlite:///{file}"
        else:
            server: PostgresqlServer = request.getfixturevalue("postgresql_server")
            folder = tmp_path_factory.mktemp("empty")
            address = server.create(f"{folder.parent.name}_{folder.name}")
        opened.append(open_database(address))
        return opened[-1]

    yield create
    for item in opened:
        item.close()


@pytest.fixture
def empty(new_empty: Callable[[], Database]) -> Database:
    return new_empty()


def make_foreign(connection: Connection, revision: str) -> None:
    connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{revision}')")


def definitions(database: Database) -> dict[str, str]:
    """Tell how the database itself spells every index, key and column."""
    with database.read() as connection:
        if database.is_sqlite:
            return dict(connection.exec_driver_sql(_SQLITE_SPELLING).all())
        return dict(connection.exec_driver_sql(_POSTGRESQL_SPELLING).all())


_SQLITE_SPELLING = """
SELECT i.name || '.' || c.seqno,
       m.tbl_name || coalesce(c.name, '?') || coalesce(substr(m.sql, instr(m.sql, 'WHERE')), '')
FROM sqlite_master m JOIN pragma_index_list(m.tbl_name) i ON i.name = m.name JOIN pragma_index_info(m.name) c
WHERE m.type = 'index' AND m.tbl_name <> 'schema_version'
UNION ALL
SELECT m.name || '.' || c.name, c.type || c."notnull" || c.pk || coalesce(c.dflt_value, '')
FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT IN ('schema_version', 'sqlite_stat1')
UNION ALL
SELECT m.name || '->' || f."table" || f.seq, f."from" || f."to" || f.on_delete || f.on_update
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
"""
_POSTGRESQL_SPELLING = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_version'
UNION ALL
SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid <> 'schema_version'::regclass
UNION ALL
SELECT table_name || '.' || column_name,
       concat(data_type, character_maximum_length, is_nullable, column_default, collation_name)
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schema_version'
"""


def test_the_steps_lead_to_the_declared_tables(database: Database) -> None:
    assert schema_differences(database) == []


def test_the_steps_spell_every_column_key_and_index_as_declared(new_empty: Callable[[], Database]) -> None:
    migrated, declared = new_empty(), new_empty()
    prepare_schema(migrated)
    with declared.write() as connection:
        make_foreign(connection, "declared")
        metadata.create_all(connection)
    assert definitions(migrated) == definitions(declared)
    assert len(definitions(migrated)) > len(metadata.tables)


def test_a_difference_is_noticed(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE deal ADD COLUMN colour TEXT")
        connection.exec_driver_sql("DROP INDEX ix_deal_touched")
    differences = "\n".join(schema_differences(database))
    assert "colour" in differences
    assert "ix_deal_touched" in differences


def test_there_is_one_way_up_and_no_way_down() -> None:
    from_nothing = ScriptDirectory(str(MIGRATIONS))
    assert len(from_nothing.get_heads()) == 1
    for step in from_nothing.walk_revisions():
        assert not hasattr(step.module, "downgrade"), f"{step.revision}: migrations are forward-only (rule 14)"
        assert not step.is_merge_point
        assert step.doc, f"{step.revision}: say what the step is for"


def test_an_empty_database_is_prepared_by_itself(empty: Database) -> None:
    prepare_schema(empty)
    assert is_current(empty)
    assert schema_differences(empty) == []
    assert set(inspect(empty.reader).get_table_names()) == {*metadata.tables, VERSION_TABLE}


def test_an_empty_database_is_not_current(empty: Database) -> None:
    assert not is_current(empty)


def test_preparing_what_is_prepared_changes_nothing(database: Database) -> None:
    before = definitions(database)
    prepare_schema(database)
    assert definitions(database) == before


def test_an_older_database_is_refused_with_the_command_that_helps(empty: Database) -> None:
    with empty.write() as connection:
        make_foreign(connection, "0000")
    with pytest.raises(SchemaOutdated, match=CURE) as refused:
        prepare_schema(empty)
    assert "0000" in str(refused.value)
    assert str(newest_revision()) in str(refused.value)
    assert not is_current(empty)


@pytest.mark.parametrize(
    ("table", "statements"),
    [
        ("groceries", ["CREATE TABLE groceries (name TEXT)"]),
        (
            "alembic_version",
            ["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('ae1027')"],
        ),
        (VERSION_TABLE, [f"CREATE TABLE {VERSION_TABLE} (version_rank INTEGER, version TEXT)"]),
        (
            VERSION_TABLE,
            [f"CREATE TABLE {VERSION_TABLE} (version_num TEXT)", f"INSERT INTO {VERSION_TABLE} VALUES ('ae1027')"],
        ),
        (VERSION_TABLE, [f"CREATE TABLE {VERSION_TABLE} (version_num TEXT)"]),
    ],
)
def test_somebody_elses_database_is_refused_and_left_alone(
    empty: Database, table: str, statements: Sequence[str]
) -> None:
    with empty.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    for attempt in (prepare_schema, require_schema, require_database, upgrade_schema):
        with pytest.raises(DatabaseForeign, match="tables of another program"):
            attempt(empty)
    assert inspect(empty.reader).get_table_names() == [table]


def test_a_database_of_a_newer_release_is_not_upgraded(empty: Database) -> None:
    with empty.write() as connection:
        make_foreign(connection, "9999")
    with pytest.raises(SchemaOutdated, match="a newer release created it"):
        upgrade_schema(empty)


def test_upgrading_an_empty_database_prepares_it(empty: Database) -> None:
    upgrade_schema(empty)
    assert is_current(empty)
    assert schema_differences(empty) == []


def test_upgrading_twice_keeps_everything(stage: Stage) -> None:
    player = stage.open_site(name="Kept")
    before = definitions(stage.database)
    upgrade_schema(stage.database)
    upgrade_schema(stage.database)
    assert definitions(stage.database) == before
    with stage.database.read() as connection:
        kept = find_site(connection, SiteId(player.site.id))
    assert kept == player.site


def test_a_step_that_fails_leaves_nothing_behind(stage: Stage) -> None:
    with stage.database.write() as connection:
        forget_deals_2(connection)
        set_revision(connection, "0024")
        connection.exec_driver_sql("CREATE TABLE mail_leave (in_the_way INTEGER)")
    before = definitions(stage.database)
    with pytest.raises(Exception, match="mail_leave"):
        upgrade_schema(stage.database)
    assert definitions(stage.database) == before
    assert not is_current(stage.database)


def forget_imports(connection: Connection) -> None:
    """Undo what step 0046 made."""
    for table in (imported_row, taken_back_row):
        connection.exec_driver_sql(f"DROP TABLE {table.name}")
    for name in [column.name for column in file_import.columns][file_import.columns.keys().index("number") :]:
        connection.exec_driver_sql(f"ALTER TABLE file_import DROP COLUMN {name}")


def forget_batches_of_requests(connection: Connection) -> None:
    """Undo what the steps 0043 and 0046 made."""
    forget_imports(connection)
    connection.exec_driver_sql("DROP TABLE api_request_batch")
    connection.exec_driver_sql(
        "CREATE TABLE api_request (site_id BIGINT NOT NULL, at BIGINT NOT NULL, request_id VARCHAR(40) NOT NULL, "
        "token_id BIGINT, method VARCHAR(12) NOT NULL, path TEXT NOT NULL, parameters TEXT NOT NULL, "
        "status INTEGER NOT NULL, code INTEGER, reason_ru TEXT, reason_en TEXT, duration_us BIGINT NOT NULL, "
        "PRIMARY KEY (site_id, at, request_id))"
    )


def forget_alerts(connection: Connection) -> None:
    """Undo what the steps 0026 and from 0029 on made."""
    forget_batches_of_requests(connection)
    if any(column["name"] == "classified_at" for column in inspect(connection).get_columns("deal_status")):
        connection.exec_driver_sql("ALTER TABLE deal_status DROP COLUMN classified_at")
    connection.exec_driver_sql("ALTER TABLE visit DROP COLUMN has_stated_source")
    connection.exec_driver_sql("DROP INDEX ix_call_missed")
    connection.exec_driver_sql("ALTER TABLE call DROP COLUMN ring_back")
    connection.exec_driver_sql("ALTER TABLE invitation DROP COLUMN name_tries")
    connection.exec_driver_sql("DROP TABLE lead_version")
    connection.exec_driver_sql("ALTER TABLE site_change DROP COLUMN former")
    connection.exec_driver_sql("DROP INDEX ix_deal_foreign")
    connection.exec_driver_sql("DROP INDEX ix_deal_unusable")
    connection.exec_driver_sql("DROP INDEX ix_deal_matchers")
    connection.exec_driver_sql("DROP TABLE account_act")
    connection.exec_driver_sql('ALTER TABLE "user" DROP COLUMN has_no_keys')
    connection.exec_driver_sql("DROP TABLE background_run")
    connection.exec_driver_sql("DROP TABLE busiest_second")
    connection.exec_driver_sql("DROP TABLE sent_form")
    connection.exec_driver_sql("DROP INDEX ix_deal_deleted_number")
    forget_sources_of_credits(connection)
    for table in ("alert", "alert_incident", "mail", "mail_report", "mail_leave"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    if inspect(connection).has_table("database_key"):
        connection.exec_driver_sql("DELETE FROM database_key WHERE name = 'unsubscribe'")


def forget_deals_2(connection: Connection) -> None:
    """Undo what the steps from 0025 on made."""
    forget_alerts(connection)
    for table in ("saved_report", "shared_link", "note", "site_change"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql("DROP TABLE currency_rate")
    connection.exec_driver_sql("DROP INDEX ix_deal_visit")
    connection.exec_driver_sql("ALTER TABLE deal DROP COLUMN visit_id")
    connection.exec_driver_sql("DROP TABLE deal_key")
    connection.exec_driver_sql("DROP INDEX ix_contact_digest")
    for table, column in (("deal", "details"), ("deal", "matchers"), ("contact", "digest")):
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")


def forget_people(connection: Connection) -> None:
    """Undo what the steps from 0020 on made."""
    forget_deals_2(connection)
    for table in ("api_request", "segment", "session", "recovery_code", "installation"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    for table, columns in (
        ('"user"', ("is_owner", "totp_secret", "totp_used_step", "code_failures", "code_failed_at")),
        ("deal_version", ("user_id",)),
        ("membership", ("role",)),
        ("invitation", ("purpose", "user_id", "site_id", "role", "made_by", "expires_at")),
    ):
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")


def set_revision(connection: Connection, revision: str) -> None:
    """Name the step that the next upgrade follows, and undo what steps 0047 to 0049 made, which follow all of them."""
    connection.exec_driver_sql("DROP INDEX ix_deal_client_name")
    for table, columns in (
        ("deal", ("client_name",)),
        ("token", ("used_at",)),
        ("shared_link", ("segment_deleted_at",) if revision >= "0027" else ()),
        ("api_request_batch", ("packed",) if revision >= "0043" else ()),
        ("webhook_outbox", ("attempts", "last_fault", "unsent_reason")),
    ):
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    if revision >= "0046":
        connection.exec_driver_sql("DROP INDEX ix_imported_row_row")
    connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :revision"), {"revision": revision})


def forget_sources_of_credits(connection: Connection) -> None:
    """Undo what step 0030 made."""
    connection.exec_driver_sql("ALTER TABLE lead_credit DROP COLUMN traffic_source_id")
    for table in ("call", "lead_request"):
        connection.exec_driver_sql(f"DROP INDEX ix_{table}_stated")


def forget_counters(connection: Connection) -> None:
    """Undo what step 0024 made."""
    connection.exec_driver_sql("DROP INDEX uq_site_counter_code")
    for column in ("counter_code", "cors_origins"):
        connection.exec_driver_sql(f"ALTER TABLE site DROP COLUMN {column}")


def forget_statuses(connection: Connection) -> None:
    """Undo what the steps from 0017 on made."""
    forget_counters(connection)
    forget_people(connection)
    for table in ("mirror_mark", "cost", "deal_status", "report_column"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    for column in ("status_since", "margin_rub", "currency"):
        connection.exec_driver_sql(f"ALTER TABLE deal DROP COLUMN {column}")


def forget_later_steps(connection: Connection) -> None:
    """Undo what the steps after 0010 made."""
    forget_statuses(connection)
    for part in SOURCE_PARTS:
        connection.exec_driver_sql(f"ALTER TABLE traffic_source DROP COLUMN {part}_key")
    for table in ("database_key", "site_host", "reclassification", "unknown_parameter", "page_end"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql("ALTER TABLE id_block DROP COLUMN first_id")
    connection.exec_driver_sql("DROP TABLE deal_contact")
    connection.exec_driver_sql("DROP TABLE contact_reading")
    for index in ("ix_call_deleted", "ix_lead_request_deleted", "ix_client_leading", "ix_contact_set_apart"):
        connection.exec_driver_sql(f"DROP INDEX {index}")
    for table, column in (
        ("deal", "clue_further"),
        ("client", "leading_id"),
        ("contact", "own_client_id"),
        ("contact", "set_apart"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")


def test_deals_that_were_there_before_are_counted_by_their_days(database: Database) -> None:
    stage = Stage(database)
    shop = stage.open_site(contact_matching=True)
    visit = stage.visit(shop, NOON - timedelta(days=3), TrafficSource("yandex", "cpc"))
    call = stage.call(shop, NOON, visit_id=visit.id)
    moments = [
        NOON,
        NOON + timedelta(hours=12),
        datetime(1969, 12, 31, 23, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
    ]
    sent = [registration(str(n), happened_at=at) for n, at in enumerate(moments)]
    made = stage.perform(register_deals, shop, *sent, registration("c", clue=by_call(call.id)))
    stage.perform(delete_deals, shop, DealKey(made[0].deal_id, None))
    with database.write() as connection:
        kept = set(
            connection.execute(select(deal_day).where(deal_day.c.site_id == shop.site.id, deal_day.c.deals != 0))
        )
        connection.exec_driver_sql("DROP TABLE deal_day")
        forget_later_steps(connection)
        set_revision(connection, "0009")
    upgrade_schema(database)
    with database.read() as connection:
        assert set(connection.execute(select(deal_day).where(deal_day.c.site_id == shop.site.id))) == kept
        assert list_miscounted_days(connection, shop.site.id) == []
        progress = select(contact_reading.c.stage, contact_reading.c.last_id).where(
            contact_reading.c.site_id == shop.site.id
        )
        assert [tuple(row) for row in connection.execute(progress)] == [("calls", 0)], "contacts wait for `renormalise`"
    assert schema_differences(database) == []


def test_credits_that_were_there_before_get_the_sources_of_their_visits(database: Database) -> None:
    stage = Stage(database)
    shop = stage.open_site()
    visits = [stage.visit(shop, NOON - timedelta(days=day), TrafficSource(f"ads {day}", "cpc")) for day in (3, 2)]
    for visit in visits:
        stage.call(shop, NOON, visit_id=visit.id)
    with database.write() as connection:
        forget_batches_of_requests(connection)
        kept = set(connection.execute(select(lead_credit).where(lead_credit.c.site_id == shop.site.id)))
        connection.exec_driver_sql("ALTER TABLE deal_status DROP COLUMN classified_at")
        connection.exec_driver_sql("ALTER TABLE visit DROP COLUMN has_stated_source")
        connection.exec_driver_sql("DROP INDEX ix_call_missed")
        connection.exec_driver_sql("ALTER TABLE call DROP COLUMN ring_back")
        connection.exec_driver_sql("ALTER TABLE invitation DROP COLUMN name_tries")
        connection.exec_driver_sql("DROP TABLE lead_version")
        connection.exec_driver_sql("ALTER TABLE site_change DROP COLUMN former")
        connection.exec_driver_sql("DROP INDEX ix_deal_foreign")
        connection.exec_driver_sql("DROP INDEX ix_deal_unusable")
        connection.exec_driver_sql("DROP INDEX ix_deal_matchers")
        connection.exec_driver_sql("DROP TABLE account_act")
        connection.exec_driver_sql('ALTER TABLE "user" DROP COLUMN has_no_keys')
        connection.exec_driver_sql("DROP TABLE background_run")
        connection.exec_driver_sql("DROP TABLE busiest_second")
        connection.exec_driver_sql("DROP TABLE sent_form")
        connection.exec_driver_sql("DROP INDEX ix_deal_deleted_number")
        forget_sources_of_credits(connection)
        set_revision(connection, "0029")
    upgrade_schema(database)
    with database.read() as connection:
        assert set(connection.execute(select(lead_credit).where(lead_credit.c.site_id == shop.site.id))) == kept
    assert len({row.traffic_source_id for row in kept} - {None}) == len(visits)


def test_requests_that_were_there_before_are_still_in_the_journal(database: Database, shop: Player) -> None:
    number, accepted = count(1), (200, None, "", "")
    refused = (400, 10020, 'токен "x" не найден', "the token is unknown: \\")
    stored = [
        ApiRequest(
            site_id, at, f"a-{next(number):03}", token_id, "GET", "/orders", parameters, outcome[0], outcome[1],
            outcome[2] or None, outcome[3] or None, timedelta(microseconds=1500),
        )
        for site_id in (0, shop.site.id)
        for at in (NOON, NOON + timedelta(microseconds=7), NOON + timedelta(seconds=1), NOON - timedelta(days=1))
        for token_id, parameters, outcome in ((shop.token_id, {"tags": "№ 7\n\0"}, accepted), (None, {}, refused))
    ]  # fmt: skip
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE invitation DROP COLUMN name_tries")
        forget_batches_of_requests(connection)
        for each in stored:
            values = {
                "site_id": each.site_id, "at": microseconds(each.at), "request_id": each.request_id,
                "token_id": each.token_id, "method": each.method, "path": each.path,
                "parameters": msgspec.json.encode(each.parameters).decode(), "status": each.status, "code": each.code,
                "reason_ru": each.reason_ru, "reason_en": each.reason_en, "duration_us": 1500,
            }  # fmt: skip
            names = ", ".join(values)
            connection.execute(
                text(f"INSERT INTO api_request ({names}) VALUES ({', '.join(f':{name}' for name in values)})"), values
            )
        set_revision(connection, "0042")
    upgrade_schema(database)
    assert schema_differences(database) == []
    with database.read() as connection:
        for site_id in (0, shop.site.id):
            for is_refused in (False, True):
                expected = [each for each in stored if each.site_id == site_id and (each.is_refused or not is_refused)]
                expected.sort(key=lambda each: (each.at, each.request_id), reverse=True)
                assert list_requests(connection, site_id, RequestQuery(is_refused=is_refused), 100) == expected
        assert count_refusals_without_site(connection, 10020, NOON, 100).count == 3


def test_placeholders_that_had_a_meaning_before_are_no_statuses(database: Database, shop: Player) -> None:
    with database.write() as connection:
        for spelling, meaning in (("(Not set)", "won"), ("won", "won"), ("new", "open")):
            values = {
                "site_id": shop.site.id, "spelling": spelling, "key": spelling.casefold(), "meaning": meaning,
                "first_seen_at": NOON, "classified_at": NOON,
            }  # fmt: skip
            connection.execute(insert(deal_status), values)
        forget_imports(connection)
        set_revision(connection, "0044")
    upgrade_schema(database)
    with database.read() as connection:
        found = {each.spelling: (each.meaning, each.is_classified) for each in list_statuses(connection, shop.site.id)}
    assert found == {"(Not set)": ("open", False), "won": ("won", True), "new": ("open", True)}


def test_the_names_that_deals_stated_before_are_found(database: Database, shop: Player) -> None:
    named = registration("named", currency="rub", details=DealDetails(main_contacts=ContactBook("Ольга «Рысь»")))
    nameless = registration("nameless", currency="rub", details=DealDetails("sales", main_contacts=ContactBook("")))
    stage = Stage(database)
    (receipt, *_) = stage.perform(register_deals, shop, named, nameless, registration("plain"))
    with database.write() as connection:
        set_revision(connection, "0046")
    upgrade_schema(database)
    assert schema_differences(database) == []
    with database.read() as connection:
        assert find_searched_deals(connection, shop.site.id, SearchText("рысь")).ids == {receipt.deal_id}
        names = select(deal.c.client_name).where(deal.c.site_id == shop.site.id)
        assert sorted(connection.execute(names).scalars(), key=str) == [None, None, "Ольга «Рысь»"]


def test_shared_links_and_imported_rows_that_were_there_before_stay(database: Database, shop: Player) -> None:
    link = {"digest": "0" * 64, "site_id": shop.site.id, "name": "Weekly", "query": "segment=VIP", "created_at": NOON}
    rows = [{"site_id": shop.site.id, "import_number": number, "row_id": 7} for number in (1, 2)]
    with database.write() as connection:
        connection.execute(insert(shared_link), {**link, "expires_at": NOON + timedelta(days=1)})
        connection.execute(insert(imported_row), rows)
        connection.exec_driver_sql("DROP INDEX ix_imported_row_row")
        connection.exec_driver_sql("ALTER TABLE shared_link DROP COLUMN segment_deleted_at")
        connection.exec_driver_sql("ALTER TABLE api_request_batch DROP COLUMN packed")
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0047'"))
    upgrade_schema(database)
    assert schema_differences(database) == []
    with database.read() as connection:
        (found,) = list_shared_links(connection, shop.site.id)
        assert (found.name, found.created_at, found.segment_deleted_at) == ("Weekly", NOON, None)
        stored = connection.execute(select(imported_row).where(imported_row.c.site_id == shop.site.id))
        assert [dict(row._mapping) for row in stored] == rows


def test_requests_that_were_journalled_as_text_stay_and_new_ones_are_stored_beside_them(
    database: Database, shop: Player
) -> None:
    at = NOON + timedelta(days=40)
    earlier, later = (
        ApiRequest(shop.site.id, at, name, 3, "GET", "/x", {"y": "z" * 10}, 200, None, None, None, timedelta(seconds=1))
        for name in ("a", "b")
    )
    entry = [microseconds(at), "a", 3, "GET", "/x", {"y": "z" * 10}, 200, None, None, None, 1_000_000]
    columns = "site_id, second, first_id, request_count, refused_count, entries"
    values = f"{shop.site.id}, {microseconds(at) // 1_000_000}, 'a', 1, 0, '{msgspec.json.encode([entry]).decode()}'"
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE api_request_batch DROP COLUMN packed")
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0048'"))
        connection.exec_driver_sql(f"INSERT INTO api_request_batch ({columns}) VALUES ({values})")
    upgrade_schema(database)
    assert schema_differences(database) == []
    journal(database, [later])
    with database.read() as connection:
        assert list_requests(connection, shop.site.id, RequestQuery(), 10) == [later, earlier]


MARKED = {
    "\u200eusd": "usd",
    "usd\ufeff": "usd",
    "\xa0eur ": "eur",
    "\u200erub": "rub",
    "\u200bруб.": "rub",
    "рубли": "рубли",
    "usd": "usd",
    "₿": "₿",
    "\u200e": None,
}
"""What earlier releases stored as currencies, and what becomes of it: spellings that can have rates stay."""


def rates_of(connection: Connection, player: Player) -> dict[str, int]:
    mine = select(currency_rate.c.currency, currency_rate.c.rate).where(currency_rate.c.site_id == player.site.id)
    return {row.currency: row.rate for row in connection.execute(mine)}


def test_currencies_lose_their_marks_and_with_them_the_rates_of_nothing(database: Database, shop: Player) -> None:
    stage = Stage(database)
    neighbour = stage.open_site()
    receipts = stage.perform(register_deals, shop, *(registration(str(number)) for number in range(len(MARKED))))
    rates = [
        {"site_id": player.site.id, "currency": currency, "since_at": NOON, "rate": rate}
        for player, currency, rate in (
            (shop, "usd", 1),
            (shop, "\u200eusd", 2),
            (shop, "\u200eeur", 3),
            (shop, "\u200erub", 4),
            (neighbour, "\u200eusd", 5),
        )
    ]
    with database.write() as connection:
        for receipt, currency in zip(receipts, MARKED, strict=True):
            mine = update(deal).where(deal.c.site_id == shop.site.id, deal.c.id == receipt.deal_id)
            connection.execute(mine.values(currency=currency))
        connection.execute(insert(currency_rate), rates)
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0049'"))
    upgrade_schema(database)
    assert schema_differences(database) == []
    with database.read() as connection:
        stored = connection.execute(select(deal.c.id, deal.c.currency).where(deal.c.site_id == shop.site.id)).all()
        kept = {player.site.id: rates_of(connection, player) for player in (shop, neighbour)}
    assert [row.currency for row in sorted(stored)] == list(MARKED.values())
    assert kept == {shop.site.id: {"usd": 1, "eur": 3}, neighbour.site.id: {"usd": 5}}


@pytest.mark.parametrize(("assigned", "first"), [(None, 10**9), (10**10, 10**10), (10**10 + 5000, 10**10)])
def test_a_database_that_has_assigned_ids_keeps_its_first_id(
    database: Database, assigned: int | None, first: int
) -> None:
    with database.write() as connection:
        forget_later_steps(connection)
        connection.exec_driver_sql("DELETE FROM id_block")
        if assigned is not None:
            connection.exec_driver_sql(f"INSERT INTO id_block VALUES ('id', {assigned})")
        set_revision(connection, "0010")
    upgrade_schema(database)
    assert schema_differences(database) == []
    with database.read() as connection:
        assert find_own_ids(connection) == OwnIds(first)
    ids = IdBlocks(database.writer)
    ids.ensure(1)
    assert ids.take() == (assigned or first)


def test_statuses_of_deals_that_were_there_before_are_found_and_dated_by_their_last_change(database: Database) -> None:
    stage = Stage(database)
    shop, neighbour = stage.open_site(), stage.open_site()
    asked = [registration("a", status=" Won"), registration("b", status="won"), registration("c", status="new")]
    first, second, third = [made.deal_id for made in stage.perform(register_deals, shop, *asked)]
    stage.perform(register_deals, neighbour, registration("a", status="theirs"))
    stage.perform(change_deals, shop, change(first, status="paid"))
    stage.perform(change_deals, shop, change(first, status="Paid", manager="Иван"), change(second, status="won"))
    stage.perform(change_deals, shop, change(first, comment="later"), change(third, status=" ", comment="erased"))
    with database.write() as connection:
        forget_statuses(connection)
        set_revision(connection, "0016")
    upgrade_schema(database)
    with database.read() as connection:
        mine = select(deal.c.id, deal.c.status_since).where(deal.c.site_id == shop.site.id)
        since = {row.id: row.status_since for row in connection.execute(mine)}
        versions = list_versions(connection, shop.site.id, first)
        found = [
            tuple(row)
            for player in (shop, neighbour)
            for row in connection.execute(select(deal_status).where(deal_status.c.site_id == player.site.id))
        ]
    assert since[first] == next(each.recorded_at for each in versions if each.after.get("status") == "Paid")
    assert since[second] is None
    assert since[third] is not None
    assert [row[:4] for row in sorted(found)] == [
        (shop.site.id, "Paid", "paid", "open"),
        (shop.site.id, "won", "won", "open"),
        (neighbour.site.id, "theirs", "theirs", "open"),
    ]
    assert schema_differences(database) == []


def test_sites_that_were_there_before_get_a_counter_each_and_no_origins(database: Database) -> None:
    stage = Stage(database)
    players = [stage.open_site(cors_origins=("https://shop.example",)) for _ in range(3)]
    with database.write() as connection:
        forget_deals_2(connection)
        forget_counters(connection)
        set_revision(connection, "0023")
    upgrade_schema(database)
    with database.read() as connection:
        sites = [find_site(connection, player.site.id) for player in players]
    codes = {site.counter_code for site in sites if site is not None and is_counter_code(site.counter_code)}
    assert len(codes) == 3
    assert [site.cors_origins for site in sites if site is not None] == [(), (), ()]


def test_phones_that_were_there_before_are_found_by_their_digests(database: Database) -> None:
    stage = Stage(database)
    shop = stage.open_site()
    stage.lead_request(shop, NOON, phone="79205550055", email="i@example.ru")
    with database.write() as connection:
        forget_deals_2(connection)
        set_revision(connection, "0024")
    upgrade_schema(database)
    digest = md5(b"79205550055", usedforsecurity=False).hexdigest()
    with database.read() as connection:
        assert find_phones_by_digest(connection, shop.site.id, [digest]) == {digest: "79205550055"}
        query = select(contact.c.contact).where(contact.c.site_id == shop.site.id, contact.c.digest.is_(None))
        assert list(connection.execute(query).scalars()) == ["i@example.ru"]
    assert schema_differences(database) == []
